/** scripts/parity.js: test accuracy over several seeds beside PyTorch's on the same images. */
import { readFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../base/errors.js';
import { parseDataSpec } from '../../data/resolve.js';
import { decimal } from '../../experiments/format.js';
import {
  compareWithReference,
  parityLimit,
  parityTrials,
  parseReference,
  type ParityFigure,
  type ParityRow,
} from '../../experiments/parity.js';
import { parseArguments, type OptionSpec } from '../arguments.js';
import { exitCodeOf, interrupted, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import { dataProgress, trainingProgress } from '../live.js';
import { createOutput, type Output } from '../output.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { alignedTable, markdownTable } from '../tables.js';
import { name, wholeNumber } from '../values.js';

const parityOptions: readonly OptionSpec[] = [
  { flag: '--data', value: 'DIR', help: 'the images of the reference runs (default ../shared/kmnist10k)' },
  { flag: '--seeds', value: 'K', help: 'seeds per configuration, at least 2 (default 5)' },
  { flag: '--out', value: 'FILE', help: 'write the tables to a file as well' },
  { flag: '--markdown', value: null, help: 'tables in Markdown' },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  { flag: '--quiet', value: null, help: 'the tables only, no progress' },
  { flag: '--help', value: null, help: 'this text' },
];

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const referenceFile = new URL('../../../data/pytorch-kmnist10k.csv', import.meta.url);

/** The images that the reference runs were made with. */
const referenceSizes = { train: 8000, test: 2000 } as const;

/** @returns 0 if every test accuracy is within the limit, 1 if one is not, else the code of the error; never throws */
export function parityCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = createOutput({ stdout, stderr, json: false, quiet: argv.includes('--quiet') });
  return exitCodeOf(output, signal, async () => {
    const given = parseArguments(parityOptions, argv, 'node scripts/parity.js --help');
    const adapter = given.get('--adapter');
    const out = given.get('--out');
    const request: ParityRequest = {
      data: given.get('--data') ?? relative(process.cwd(), `${repository}/../shared/kmnist10k`),
      seeds: wholeNumber('--seeds', given.get('--seeds') ?? '5', 2, 1000),
      adapter: adapter === undefined ? undefined : name('--adapter', adapter),
      out: out === undefined ? undefined : name('--out', out),
      markdown: given.has('--markdown'),
    };
    parseDataSpec(request.data);
    if (given.has('--help')) {
      output.result(helpText('node scripts/parity.js [options]', parityOptions));
      return 0;
    }
    if (request.out !== undefined) checkOutputDirectory(dirname(request.out));
    const rows = await compare(request, context, output);
    return rows.every(({ within }) => within) ? 0 : 1;
  });
}

interface ParityRequest {
  readonly data: string;
  readonly seeds: number;
  readonly adapter: string | undefined;
  readonly out: string | undefined;
  readonly markdown: boolean;
}

async function compare(
  { data, seeds, adapter, out, markdown }: ParityRequest,
  { loadEngine, signal }: CommandContext,
  output: Output,
): Promise<ParityRow[]> {
  const reference = parseReference(readFileSync(referenceFile, 'utf8'));
  const engine = await loadEngine();
  const session = await engine.open(adapter === undefined ? {} : { adapter });
  try {
    const dataset = await engine.resolveDataset(data, { signal, ...dataProgress(output) });
    if (signal.aborted) throw interrupted();
    const { train, test } = referenceSizes;
    if (dataset.train.count !== train || dataset.test.count !== test)
      throw new EngineError('usage', '--data is not the set of the reference runs', {
        found: `${dataset.train.count} training and ${dataset.test.count} test images in ${dataset.name}`,
        expected: `kmnist10k: ${train} training and ${test} test images`,
        remedy: 'name the directory of kmnist10k with --data',
      });
    const hooks = { signal, fuse: true, ...trainingProgress(output, 'parity') };
    const results = await session.train(dataset, parityTrials(seeds), hooks);
    output.clear();
    const rows = compareWithReference(results, reference);
    const { description, software } = session.adapter;
    const place = `${dataset.name}, ${description}${software ? ' (a software adapter)' : ''}, ${seeds} seeds`;
    const text = `${place}\n\n${parityText(rows, markdown)}`;
    output.result(text);
    if (out !== undefined) replaceFile(out, `${text}\n`);
    return rows;
  } finally {
    session.close();
  }
}

/** Two tables, of test accuracy (with the verdict) and of test loss, in plain text or Markdown. */
export function parityText(rows: readonly ParityRow[], markdown: boolean): string {
  const table = markdown ? markdownTable : alignedTable;
  const heading = ['', 'here', 'PyTorch', 'difference', 'SE', '|difference| / SE'];
  const cells = (
    { ours, reference, difference, standardError, ratio }: ParityFigure,
    write: Write,
  ): string[] => [
    `${write(ours.mean)} ± ${write(ours.sd ?? NaN)}`,
    `${write(reference.mean)} ± ${write(reference.sd ?? NaN)}`,
    `${difference < 0 ? '-' : '+'}${write(Math.abs(difference))}`,
    write(standardError),
    ratio.toFixed(2),
  ];
  const accuracy = rows.map(({ label, accuracy, within }) => [
    label,
    ...cells(accuracy, (value) => (100 * value).toFixed(2)),
    within ? `within ${parityLimit} SE` : `OUTSIDE ${parityLimit} SE`,
  ]);
  const loss = rows.map(({ label, loss }) => [label, ...cells(loss, decimal)]);
  const outside = rows.filter(({ within }) => !within).length;
  return [
    table([['test accuracy (%)', ...heading.slice(1), 'verdict'], ...accuracy]),
    table([['test loss', ...heading.slice(1)], ...loss]),
    `mean ± standard deviation over seeds; SE: standard error of the difference of the means. ` +
      (outside === 0
        ? `All within ${parityLimit} SE.`
        : `${outside} of ${rows.length} OUTSIDE ${parityLimit} SE.`),
  ].join('\n\n');
}

type Write = (value: number) => string;
