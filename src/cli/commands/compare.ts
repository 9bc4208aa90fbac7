/** scripts/compare.js: holds finished runs beside each other, and says which differences their seeds show. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { runName, runsDirectory } from '../../runs/index.js';
import { parseWords, type OptionSpec } from '../arguments.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { comparisonEvents } from '../../tools/compare/events.js';
import { judge } from '../../tools/compare/measures.js';
import { opponents, readContenders } from '../../tools/compare/runs.js';
import { figuresTable, readingText, runsText, verdictText } from '../../tools/compare/text.js';
import { warningsOf } from '../../tools/compare/warnings.js';
import { helpText } from '../help.js';
import { commandOutput, type Output } from '../output.js';
import { firstRun } from '../run-word.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { name } from '../values.js';
import { textColumns, wrap } from '../../base/wrap.js';

const helpCommand = 'node scripts/compare.js --help';

export const compareOptions: readonly OptionSpec[] = [
  {
    flag: '--out',
    value: 'FILE',
    help: 'where the chart of the validation curves goes, an SVG (default runs/compare-TIME.svg)',
  },
  { flag: '--overwrite', value: null, help: 'replace that file if it is there' },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the tables only' },
  { flag: '--help', value: null, help: 'this text' },
];

const usage = `node scripts/compare.js RUN[:VARIANT] RUN[:VARIANT]... [options]

  RUN is the directory of a run, or latest. Every variant of it takes part, or the one named behind the colon.
  Each is held against the variant of the same name in the first run, or else against the first variant;
  variants of a single run against its first one.`;

/** @returns the exit code; never throws */
export function compareCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const { values, words } = parseWords(compareOptions, argv, helpCommand);
    if (values.has('--help')) {
      output.result(helpText(usage, compareOptions));
      return 0;
    }
    firstRun(words, helpCommand);
    const out = chartFile(values.get('--out'), values.has('--overwrite'));
    await compare(words, out, output);
    return 0;
  });
}

async function compare(words: readonly string[], out: string, output: Output): Promise<void> {
  const contenders = readContenders(words);
  const warnings = warningsOf(contenders);
  const verdicts = opponents(contenders).map(([left, right]) => judge(left, right));
  for (const event of comparisonEvents(contenders, warnings, verdicts)) output.event(event);
  output.info(`${runsText(contenders)}\n`);
  for (const { text } of warnings) output.error(wrap(`warning: ${text}`, textColumns, '  '));
  output.result(figuresTable(contenders));
  output.info('mean ± standard deviation over seeds; test: the weights that the summary names\n');
  output.result(verdicts.map(verdictText).join('\n\n'));
  output.info(wrap(readingText(verdicts), textColumns));
  // Drawing takes a while to load, and no other command needs it.
  const { overlaySvg } = await import('../../tools/compare/chart.js');
  const svg = await overlaySvg(contenders);
  replaceFile(out, svg);
  output.event({ event: 'saved', path: out });
  output.info(`\ncurves: ${out}`);
}

/** Where the chart goes. @throws EngineError `usage` if it cannot, or would replace a file that it may not */
function chartFile(asked: string | undefined, overwrite: boolean): string {
  const path = asked === undefined ? freeChart() : name('--out', asked);
  checkOutputDirectory(dirname(resolve(path)));
  if (!existsSync(path) || overwrite) return path;
  throw new EngineError('usage', `${path} is there already`, {
    expected: 'a file that is not there yet',
    remedy: 'name another with --out, or add --overwrite to replace it',
  });
}

function freeChart(): string {
  const stem = join(runsDirectory, runName('compare', new Date()));
  let path = `${stem}.svg`;
  for (let count = 2; existsSync(path); count++) path = `${stem}-${count}.svg`;
  return path;
}
