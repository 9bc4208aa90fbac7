/** scripts/data.js: fetches, checks, finds, converts and shows data sets. */
import { EngineError } from '../../base/errors.js';
import { parseArguments, parseWords, type OptionSpec } from '../arguments.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { fetchSubcommand } from '../data/fetch.js';
import { importSubcommand } from '../data/import.js';
import { pathSubcommand } from '../data/path.js';
import type { DataWorld, Subcommand } from '../data/settings.js';
import { showSubcommand } from '../data/show.js';
import { verifySubcommand } from '../data/verify.js';
import { helpText } from '../help.js';
import { commandOutput } from '../output.js';
import { suggest } from '../../base/suggest.js';
import { wrap } from '../../base/wrap.js';

const subcommands: Readonly<Record<string, Subcommand>> = {
  fetch: fetchSubcommand,
  verify: verifySubcommand,
  path: pathSubcommand,
  import: importSubcommand,
  show: showSubcommand,
};
/** What is left of 80 columns beside the indent. */
const helpColumns = 74;
const names = Object.keys(subcommands);

/** What every subcommand takes. */
const commonOptions: readonly OptionSpec[] = [
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people on stderr' },
  { flag: '--quiet', value: null, help: 'results only' },
  { flag: '--help', value: null, help: 'this text; behind a subcommand, its options' },
];

/**
 * @param world stands in for the environment, the official files and the patience of downloads in tests
 * @returns the exit code; never throws
 */
export function dataCommand(
  argv: readonly string[],
  { stdout, stderr, signal }: CommandContext,
  world: DataWorld = { env: process.env },
): Promise<number> {
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, async () => {
    const first = argv.find((word) => !word.startsWith('-'));
    if (first === undefined) {
      const given = parseArguments(commonOptions, argv, 'node scripts/data.js --help');
      if (!given.has('--help')) throw unknownSubcommand();
      output.result(overview());
      return 0;
    }
    const subcommand = Object.hasOwn(subcommands, first) ? subcommands[first] : undefined;
    if (subcommand === undefined) throw unknownSubcommand(first);
    const specs = [...subcommand.options, ...commonOptions];
    const help = `node scripts/data.js ${first} --help`;
    const { words, values: given } = parseWords(specs, argv, help);
    if (given.has('--help')) {
      const usage = ['node scripts/data.js', first, subcommand.words, '[options]'].filter(Boolean).join(' ');
      output.result(helpText(`${usage}\n\n${wrap(subcommand.purpose, 80)}`, specs));
      return 0;
    }
    const behind = words.slice(1);
    checkWords(first, subcommand, behind, help);
    subcommand.check?.(given, behind);
    return subcommand.run({ ...world, given, words: behind, output, signal });
  });
}

function checkWords(
  first: string,
  { wordCount, words }: Subcommand,
  behind: readonly string[],
  help: string,
): void {
  const [least, most] = wordCount;
  if (behind.length >= least && behind.length <= most) return;
  throw new EngineError(
    'usage',
    behind.length > most ? `unexpected argument ${JSON.stringify(behind[most])}` : `${first} needs ${words}`,
    {
      found: behind.length === 0 ? 'nothing' : behind.join(' '),
      expected: ['node scripts/data.js', first, words].filter(Boolean).join(' '),
      remedy: `see ${help}`,
    },
  );
}

function unknownSubcommand(word?: string): EngineError {
  const meant = word === undefined ? undefined : suggest(word, names);
  const see = 'see node scripts/data.js --help';
  return new EngineError('usage', word === undefined ? 'what to do is missing' : `data.js cannot ${word}`, {
    expected: `node scripts/data.js ${names.join('|')}`,
    remedy: meant === undefined ? see : `did you mean ${meant}? ${see}`,
  });
}

function overview(): string {
  const rows = Object.entries(subcommands).map(([key, { words, purpose }]) => {
    const head = [key, words].filter(Boolean).join(' ');
    return `  ${head}\n      ${wrap(purpose, helpColumns, '      ')}`;
  });
  return helpText(
    ['node scripts/data.js SUBCOMMAND [options]', '', 'subcommands', ...rows].join('\n'),
    commonOptions,
  );
}
