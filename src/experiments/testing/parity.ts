/**
 * Statistical parity with PyTorch: the same configurations and data, several seeds each, and the difference
 * of the mean test accuracies in units of its standard error. The two programs draw other random numbers, so
 * single runs cannot be compared, and seeds cannot be paired.
 */
import { EngineError } from '../../base/errors.js';
import type { TrainConfig, Trial, TrialResult } from '../../train/types.js';
import { experimentById } from '../catalogue.js';
import { measures } from '../measures.js';
import { sample, type Sample } from '../../base/statistics.js';
import { alignedTable } from '../../base/text.js';
import { decimal } from '../format.js';
import type { ExperimentId } from '../types.js';

/** A configuration that is held to PyTorch, and its name in the reference file. */
export interface ParityCase {
  readonly label: string;
  readonly reference: string;
  readonly config: TrainConfig;
}

export const parityCases: readonly ParityCase[] = [
  parityCase('exp 1', 'exp1', 1, 'baseline'),
  parityCase('exp 2, dropout 0.5', 'exp2-dropout-0.5', 2, 'dropout=0.5'),
  parityCase('exp 2, dropout 0.3', 'exp2-dropout-0.3', 2, 'dropout=0.3'),
  parityCase('exp 4, l2 1e-4', 'exp4-l2-wd-0.0001', 4, 'weight-decay=0.0001'),
  parityCase('exp 4, l2 5e-4', 'exp4-l2-wd-0.0005', 4, 'weight-decay=0.0005'),
  parityCase('exp 4, l2 1e-3', 'exp4-l2-wd-0.001', 4, 'weight-decay=0.001'),
  parityCase('exp 6, l2, batch 32', 'exp6-l2-bs-32', 6, 'batch-size=32'),
];

/** Runs of one variant in the reference file. */
export interface ReferenceRuns {
  readonly testAccuracy: readonly number[];
  readonly testLoss: readonly number[];
}

/** How many standard errors the two means may be apart. */
export const parityLimit = 3;

/** One measured quantity, here and in PyTorch. */
export interface ParityFigure {
  readonly ours: Sample;
  readonly reference: Sample;
  /** ours - reference, of the means. */
  readonly difference: number;
  /** Of the difference: sqrt(sd1²/n1 + sd2²/n2). */
  readonly standardError: number;
  /** |difference| / standardError. */
  readonly ratio: number;
}

/** A row of the parity table; only the accuracy decides. */
export interface ParityRow {
  readonly label: string;
  readonly accuracy: ParityFigure;
  readonly loss: ParityFigure;
  readonly within: boolean;
}

/** Every trial of the comparison, seeds 0 to `seeds - 1`. */
export function parityTrials(seeds: number): Trial[] {
  return parityCases.flatMap(({ reference, config }) =>
    Array.from({ length: seeds }, (_, seed) => ({ variant: reference, seed, config })),
  );
}

/**
 * Reads the reference file: comma-separated, a header line, one row per run.
 * @throws EngineError `bad-file` for a missing column or a value that is no number
 */
export function parseReference(text: string): Map<string, ReferenceRuns> {
  const [header = '', ...lines] = text.trim().split('\n');
  const columns = header.trim().split(',');
  const index = (name: string): number => {
    const at = columns.indexOf(name);
    if (at < 0) throw badReference(`no column "${name}"`, header);
    return at;
  };
  const variantAt = index('variant');
  const accuracyAt = index('test_acc');
  const lossAt = index('test_loss');
  const runs = new Map<string, { testAccuracy: number[]; testLoss: number[] }>();
  for (const line of lines) {
    const cells = line.trim().split(',');
    const name = cells[variantAt] ?? '';
    const [accuracy, loss] = [accuracyAt, lossAt].map((at) => {
      const cell = cells[at] ?? '';
      if (cell === '' || !Number.isFinite(Number(cell)))
        throw badReference('a row without test figures', line);
      return Number(cell);
    });
    const known = runs.get(name) ?? { testAccuracy: [], testLoss: [] };
    runs.set(name, known);
    known.testAccuracy.push(accuracy!);
    known.testLoss.push(loss!);
  }
  return runs;
}

/**
 * The parity table.
 * @param results of `parityTrials`, in any order, at least two seeds each
 */
export function compareWithReference(
  results: readonly TrialResult[],
  reference: ReadonlyMap<string, ReferenceRuns>,
): ParityRow[] {
  return parityCases.map(({ label, reference: name }) => {
    const ours = results.filter(({ trial }) => trial.variant === name);
    const theirs = reference.get(name);
    if (theirs === undefined) throw badReference(`no runs of "${name}"`, [...reference.keys()].join(', '));
    const accuracy = figure(ours.map(measures.testAccuracy), theirs.testAccuracy);
    const loss = figure(ours.map(measures.testLoss), theirs.testLoss);
    return { label, accuracy, loss, within: accuracy.ratio <= parityLimit };
  });
}

function figure(left: readonly number[], right: readonly number[]): ParityFigure {
  const ours = sample(left);
  const reference = sample(right);
  const difference = ours.mean - reference.mean;
  // A single run has no standard deviation: NaN, and the row is not within.
  const standardError = Math.sqrt((ours.sd ?? NaN) ** 2 / ours.n + (reference.sd ?? NaN) ** 2 / reference.n);
  return { ours, reference, difference, standardError, ratio: Math.abs(difference) / standardError };
}

function parityCase(label: string, reference: string, id: ExperimentId, variant: string): ParityCase {
  const { config } = experimentById(id).variants.find(({ name }) => name === variant)!;
  return { label, reference, config: { ...config, decay: 'l2' } };
}

function badReference(message: string, found: string): EngineError {
  return new EngineError('bad-file', `the PyTorch reference has ${message}`, {
    found,
    expected: 'a header with variant, test_acc and test_loss, and one row per run',
    remedy: 'restore src/experiments/testing/pytorch-kmnist10k.csv from the repository',
  });
}

/** Two tables, of test accuracy (with the verdict) and of test loss. */
export function parityText(rows: readonly ParityRow[]): string {
  const heading = ['here', 'PyTorch', 'difference', 'SE', '|difference| / SE'];
  const cells = (
    { ours, reference, difference, standardError, ratio }: ParityFigure,
    write: (value: number) => string,
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
    alignedTable([['test accuracy (%)', ...heading, 'verdict'], ...accuracy]),
    alignedTable([['test loss', ...heading], ...loss]),
    'mean ± standard deviation over seeds; SE: standard error of the difference of the means. ' +
      (outside === 0
        ? `All within ${parityLimit} SE.`
        : `${outside} of ${rows.length} OUTSIDE ${parityLimit} SE.`),
  ].join('\n\n');
}
