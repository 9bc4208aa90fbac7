/** Tables in plain text: columns aligned, numbers to the right. */
import { countSpread, decimalSpread, percentSpread } from '../experiments/format.js';
import {
  bestValidationAccuracy,
  bestValidationLoss,
  epochs,
  lastTrainAccuracy,
  lastValidationLoss,
  over,
  testAccuracy,
  testLoss,
  type Measure,
} from '../experiments/measures.js';
import { experimentName, type Outcome, type VariantOutcome } from '../experiments/index.js';
import { publishedFor } from '../experiments/published.js';

/** Aligned columns, the first to the left, two spaces between them; the first row is the heading. */
export function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A table in Markdown, first column to the left. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = rows[0]!.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(rows[0]!), line(rule), ...rows.slice(1).map(line)].join('\n');
}

const none = '-';

/** Every variant of an experiment with its figures over seeds; the runs beside them come last, in brackets. */
export function resultTable({ plan, variants, comparisons }: Outcome): string {
  const seeds = plan.seeds.length;
  const heading = ['variant', 'epochs', 'train acc', 'best val loss', 'val acc', 'test loss', 'test acc'];
  const row = (variant: VariantOutcome, name: string): string[] => [
    name,
    countSpread(over(variant, epochs)),
    percentSpread(over(variant, lastTrainAccuracy)),
    ...(variant.config.validation === 0
      ? [none, none]
      : [
          decimalSpread(over(variant, bestValidationLoss)),
          percentSpread(over(variant, bestValidationAccuracy)),
        ]),
    decimalSpread(over(variant, testLoss)),
    percentSpread(over(variant, testAccuracy)),
  ];
  const table = alignedTable([
    heading,
    ...variants.map((variant) => row(variant, variant.name)),
    ...comparisons.map((variant) => row(variant, `(${variant.name})`)),
  ]);
  const basis =
    seeds > 1 ? `mean ± standard deviation over ${seeds} seeds` : `one run each, seed ${plan.seeds[0]!}`;
  const weights = variants.some(({ config }) => config.patience === null)
    ? '; test: the weights of the last epoch (no early stopping)'
    : '; test: the weights of the best epoch';
  const beside = comparisons.length > 0 ? '\nin brackets: for comparison only' : '';
  return `${table}\n${basis}${weights}${beside}`;
}

/** The whole series in one table, each variant beside what the series published; accuracies in per cent. */
export function seriesTable(outcomes: readonly Outcome[]): string {
  const figure = (value: number | null | undefined, write: (value: number) => string): string =>
    value == null ? none : write(value);
  const inPercent = (value: number): string => (100 * value).toFixed(1);
  const threeDecimals = (value: number): string => value.toFixed(3);
  const rows = outcomes.flatMap(({ plan, variants }) =>
    variants.map((variant) => {
      const { id } = plan.experiment;
      const published = publishedFor(id, variant.name);
      const mean = (measure: Measure): number => over(variant, measure).mean;
      const validated = variant.config.validation > 0;
      return [
        id === 'final' ? variant.name : `${experimentName(id)} ${variant.name}`,
        mean(epochs).toFixed(0),
        inPercent(mean(lastTrainAccuracy)),
        figure(validated ? mean(bestValidationAccuracy) : null, inPercent),
        figure(validated ? mean(lastValidationLoss) : null, threeDecimals),
        inPercent(mean(testAccuracy)),
        '|',
        figure(published?.epochs, String),
        figure(published?.trainAccuracy, inPercent),
        figure(published?.valAccuracy, inPercent),
        figure(published?.valLoss, threeDecimals),
        figure(published?.testAccuracy, inPercent),
      ];
    }),
  );
  const columns = ['epochs', 'train', 'val', 'loss', 'test'];
  return alignedTable([['', ...columns, '|', ...columns], ...rows]);
}
