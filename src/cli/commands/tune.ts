/** scripts/tune.js: times the variants of the matrix products on this adapter, and writes a tuning file. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { tuningText } from '../../kernels/index.js';
import { entriesOf, judge, stepUs, type ProductVerdict } from '../../tools/bench/tune-verdict.js';
import { parseArguments, type OptionSpec } from '../arguments.js';
import { benchStep } from '../../tools/bench/contenders.js';
import { tellLoad } from '../../tools/bench/load.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import type { Session } from '../engine.js';
import { helpText } from '../help.js';
import { commandOutput, type Output } from '../output.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { stepText, tuneLegend, tuneTable } from '../../tools/bench/tune-text.js';
import { name, wholeNumber, wholeNumbers } from '../values.js';

const standardOut = join('runs', 'tuning.json');

export const tuneOptions: readonly OptionSpec[] = [
  { flag: '--hidden', value: '256,128', help: 'widths of the hidden layers of the step (default 256,128)' },
  { flag: '--batch', value: 'N,N', help: 'batch sizes (default 32,128,256)' },
  { flag: '--rounds', value: 'R', help: 'rounds; in each, every variant is timed once (default 7)' },
  {
    flag: '--out',
    value: 'FILE',
    help: `where the choices go (default ${standardOut}); used only where it is named: train.js --tuning FILE`,
  },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the tables only, no progress' },
  { flag: '--help', value: null, help: 'this text' },
];

interface TuneSettings {
  readonly hidden: readonly number[];
  readonly batches: readonly number[];
  readonly rounds: number;
  readonly out: string;
  readonly adapter: string | undefined;
}

/** @returns the exit code; never throws */
export function tuneCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(tuneOptions, argv, 'node scripts/tune.js --help');
    const settings = readSettings(given);
    if (given.has('--help')) {
      output.result(helpText('node scripts/tune.js [options]', tuneOptions));
      return 0;
    }
    checkOutput(settings.out);
    const engine = await context.loadEngine();
    const { adapter } = settings;
    const session = await engine.open(adapter === undefined ? {} : { adapter });
    try {
      await tune(settings, session, signal, output);
    } finally {
      session.close();
    }
    return 0;
  });
}

function readSettings(given: ReadonlyMap<string, string>): TuneSettings {
  const adapter = given.get('--adapter');
  const batches = wholeNumbers('--batch', given.get('--batch') ?? '32,128,256', 1, 65_536);
  return {
    hidden: wholeNumbers('--hidden', given.get('--hidden') ?? '256,128', 1, 65_536),
    batches: [...new Set(batches)],
    // Fewer have no quartiles.
    rounds: wholeNumber('--rounds', given.get('--rounds') ?? '7', 3, 1000),
    out: name('--out', given.get('--out') ?? standardOut),
    adapter: adapter === undefined ? undefined : name('--adapter', adapter),
  };
}

/** @throws EngineError `usage` */
function checkOutput(path: string): void {
  checkOutputDirectory(dirname(resolve(path)));
  if (existsSync(path) && !statSync(path).isFile())
    throw new EngineError('usage', `--out ${path} is not a file`, {
      expected: 'a file that may be replaced, or a path at which one can be made',
      remedy: 'name another file with --out',
    });
}

async function tune(
  { hidden, batches, rounds, out }: TuneSettings,
  session: Session,
  signal: AbortSignal,
  output: Output,
): Promise<void> {
  const { description, software, subgroupSize } = session.adapter;
  output.event({ event: 'adapter', ...session.adapter, hidden, rounds });
  output.info(`adapter: ${description}${software ? ' (a software adapter)' : ''}`);
  tellLoad(output, 'before');
  const { inputs, classes } = benchStep;
  output.result(`\nthe products of a training step of ${[inputs, ...hidden, classes].join('-')}`);
  output.result(tuneLegend(rounds));
  const all: ProductVerdict[] = [];
  const steps: string[] = [];
  for (const batch of batches) {
    const work = { ...benchStep, hidden, batchSize: batch };
    const times = await session.timeVariants(work, {
      rounds,
      signal,
      onProduct: (ops, index, count) => {
        output.live(`batch ${batch}, product ${index + 1} of ${count}: ${ops.join(', ')}`);
      },
    });
    const verdicts = times.map(judge);
    const [ruleUs, choiceUs] = [stepUs(verdicts, 'rule'), stepUs(verdicts, 'choice')];
    for (const verdict of verdicts) output.event({ event: 'product', batch, ...verdict });
    output.event({ event: 'step', batch, ruleUs, choiceUs });
    output.result(`\nbatch ${batch}\n\n${tuneTable(verdicts)}`);
    steps.push(stepText(batch, ruleUs, choiceUs));
    all.push(...verdicts);
  }
  output.clear();
  tellLoad(output, 'after');
  output.result(`\n${steps.join('\n')}`);
  const entries = entriesOf(all);
  replaceFile(out, tuningText({ adapter: description, subgroupSize, entries }));
  output.event({ event: 'saved', path: out, entries });
  output.result(`\n${savedText(out, entries.length)}`);
}

function savedText(path: string, entries: number): string {
  if (entries === 0) return `tuning: ${path}, which leaves every choice to the rules`;
  const choices = entries === 1 ? '1 choice' : `${entries} choices`;
  return `tuning: ${path}, ${choices} against the rules\nused only where it is named: train.js --tuning ${path}`;
}
