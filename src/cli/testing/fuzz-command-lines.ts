/** The targets that are command lines: train.js, and the other commands as far as they go without a GPU. */
import { EngineError } from '../../base/errors.js';
import { command as bench } from '../commands/bench.js';
import { command as compare } from '../commands/compare.js';
import { command as doctor } from '../commands/doctor.js';
import { command as evaluate } from '../commands/evaluate.js';
import { command as exportNetwork } from '../commands/export.js';
import { command as predict } from '../commands/predict.js';
import { command as profile } from '../commands/profile.js';
import { command as serve } from '../commands/serve.js';
import { command as tune } from '../commands/tune.js';
import { fetchCommand } from '../data/fetch.js';
import { importCommand } from '../data/import.js';
import { showCommand } from '../data/show.js';
import { verifyCommand } from '../data/verify.js';
import type { Command, DeclaredCommand } from '../command.js';
import type { Option, Options } from '../option.js';
import { command as trainCommand } from '../commands/train.js';
import { trainSettings } from '../train-options.js';
import { withConfig } from '../train/config.js';
import type { Chance } from '../../testing/fuzz/chance.js';
import { scratchFolder } from '../../testing/fuzz/scratch.js';
import { relyOn, type Target } from '../../testing/fuzz/target.js';

/** What values are made of: sound ones, and what has broken parsers before. */
const values = [
  '0', '1', '6', 'final', 'all', '-1', '1.5', '1e3', '1e-400', '1e999', '0x10', 'NaN', '-Infinity', '+5', '00', '٣', '１',
  '9007199254740993', '99999999999999999999', '256,128', '256,,', ',', '1,'.repeat(400), '', ' ', '\t', 'a\0b', '\u001b[2J',
  '\u202e', '\ud800', '--', '---', '-', '-x', '--exp', '--json', '__proto__', '--__proto__', 'constructor', 'toString', 'l2',
  'decoupled', 'adamw', 'auto', 'kmnist', 'synthetic', 'synthetic:100/20', 'synthetic:1e9', 'synthetic:', '.', '..', '/', 'none',
  'none:x', 'none.png', 'latest', 'http://[', 'http://127.0.0.1:1/a,ftp://x', '$(reboot)', '`x`', '%n%s', 'x'.repeat(5000),
  'safetensors', 'onnx', 'npz', 'best', 'last', 'logits',
] as const; // prettier-ignore

type FuzzedOption = Pick<Option<unknown>, 'flag' | 'value'>;

/** One to eight words out of options and values, some of them joined, cut or doubled. */
function words(
  options: readonly FuzzedOption[],
  sound: readonly (readonly string[])[],
  chance: Chance,
): string[] {
  const line = chance.oneIn(3) ? [] : [...chance.one(sound)];
  // A subcommand may have none of its own.
  const known = options.length === 0 ? trainCommand.options : options;
  for (let count = chance.few(8); count > 0; count--) {
    const { flag, value } = chance.one(known);
    const text = chance.one(values);
    const added = chance.one([
      [flag],
      [flag, text],
      [`${flag}=${text}`],
      [text],
      value === null ? [flag] : [flag, text],
    ]);
    line.splice(chance.below(line.length + 1), 0, ...added);
  }
  if (chance.oneIn(3)) {
    const at = chance.below(line.length);
    line[at] = chance.one([
      (word: string) => word.slice(1),
      (word: string) => word.slice(0, chance.below(word.length + 1)),
      (word: string) => word.toUpperCase(),
      (word: string) => `${word}${chance.one(values)}`,
      (word: string) => word.replace('-', '\u2010'),
      (word: string) => word.repeat(chance.one([2, 3, 100])),
      (word: string) => word.replace(/./su, String.fromCodePoint(chance.below(0xd800))),
    ])(line[at]!);
  }
  if (chance.oneIn(300)) line.push('--'.concat('e'.repeat(130_000)));
  return line;
}

interface Parser {
  readonly options: readonly FuzzedOption[];
  /** Command lines that are accepted. */
  readonly sound: readonly (readonly string[])[];
  readonly parse: (argv: readonly string[]) => unknown;
}

const split = (...lines: readonly string[]): string[][] =>
  lines.map((line) => line.split(' ').filter(Boolean));

const train: Parser = {
  options: trainCommand.options,
  sound: split(
    '--exp 6',
    '--exp 2 --dropout 0.25 --patience 4 --epochs 9 --data synthetic:100/20 --quiet --out x',
    '--help',
  ),
  parse: (argv) => {
    const { given, help, version, list } = trainCommand.read(argv);
    if (help || version || list) return;
    const { seeds, overrides } = trainSettings(withConfig(given));
    relyOn(seeds.length >= 1 && seeds.every(Number.isSafeInteger), 'its seeds are none');
    relyOn(
      (overrides.hidden ?? []).every((width) => width >= 1 && width <= 65_536),
      'a width is none',
    );
    const dropout = [overrides.dropout ?? 0].flat();
    relyOn(!(overrides.learningRate! <= 0) && dropout.every((p) => p < 1), 'a rate is none');
  },
};

/** A command that is run whole in an empty directory, where nothing can be found, and without a GPU. */
function whole(command: Command, ...sound: string[]): Parser {
  return { options: command.options, sound: split(...sound), parse: (argv) => runWhole(command, argv) };
}

/** A command whose command line is read, and that is not run. */
function read<O extends Options>(command: DeclaredCommand<O>, ...sound: string[]): Parser {
  return { options: command.options, sound: split(...sound), parse: command.read };
}

let empty: string | undefined;

async function runWhole(command: Command, argv: readonly string[]): Promise<void> {
  empty ??= scratchFolder();
  const home = process.cwd();
  let told = '';
  const stream = { isTTY: false, write: (text: string) => ((told = text), true) };
  process.chdir(empty);
  try {
    const code = await command.execute(argv, {
      stdout: stream,
      stderr: stream,
      signal: new AbortController().signal,
      loadEngine: () => Promise.reject(new EngineError('no-adapter', 'no GPU here')),
    });
    if (code === 0) return;
    const kind = (
      [
        ['usage', 2],
        ['bad-file', 65],
        ['no-data', 66],
        ['no-adapter', 69],
      ] as const
    ).find(([, exit]) => exit === code);
    if (kind === undefined) throw new Error(`exit code ${code}: ${told}`);
    throw new EngineError(kind[0], told);
  } finally {
    process.chdir(home);
  }
}

const world = { env: {} };

const others: Readonly<Record<string, Parser>> = {
  profile: read(profile, '--exp 6 --steps 3', '--help'),
  bench: read(bench, '--batch 32,64 --rounds 2', '--trials 15'),
  tune: whole(tune, '--help', '--batch 32'),
  evaluate: whole(evaluate, '--help', 'none --seed 0 --which last'),
  predict: whole(predict, '--help', 'none a.png --variant x'),
  export: whole(exportNetwork, '--help', 'none --format onnx --output logits'),
  compare: whole(compare, '--help', 'none other:x'),
  serve: read(serve, '--port 0', ''),
  doctor: read(doctor, '--adapter x', ''),
  'data fetch': read(fetchCommand(world), '--mirror http://127.0.0.1/', ''),
  'data import': read(importCommand, 'a b --format npz'),
  'data show': read(showCommand(world), '--out x.png --data synthetic'),
  'data verify': read(verifyCommand(world), 'a', ''),
};

function target(name: string, parsers: Readonly<Record<string, Parser>>, more: Partial<Target> = {}): Target {
  const bytes = (command: string, argv: readonly string[]): Uint8Array =>
    Buffer.from(JSON.stringify([command, ...argv]));
  return {
    name,
    kinds: ['usage', 'bad-file', 'no-data', 'no-adapter'],
    quotesItsAuthor: true,
    seeds: Object.entries(parsers).flatMap(([command, { sound }]) =>
      sound
        .filter((line) => !line.includes('none') && !line.includes('32'))
        .map((line) => bytes(command, line)),
    ),
    mutate: (chance) => {
      const [command, { options, sound }] = chance.one(Object.entries(parsers));
      return bytes(command, words(options, sound, chance));
    },
    read: (input) => {
      const [command, ...argv] = JSON.parse(Buffer.from(input).toString('utf8')) as [string, ...string[]];
      return parsers[command]!.parse(argv);
    },
    ...more,
  };
}

export const commandLineTargets: readonly Target[] = [
  target('command-line', { train }, { kinds: ['usage', 'no-data', 'bad-file'] }),
  target('other-command-lines', others),
];
