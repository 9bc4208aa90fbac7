/** The figures of every variant over its seeds: a table, and one dot per run. */
import { countSpread, decimal, decimalSpread, percent, percentSpread } from '../../../experiments/format.js';
import type { Sample } from '../../../base/statistics.js';
import { spreadChart, type SpreadFigure } from '../charts/rows.js';
import { conclusionList } from './head.js';
import { figures, section, type ChartBook, type Section } from '../document.js';
import { html, table, type Html } from '../html.js';
import type { RunOverSeeds, RunReport } from '../types.js';
import { isValidated, mostSeeds, shownVariants, type ShownVariant } from '../variants.js';

/** The cell of a figure that there is none of. */
export const none = '–';

export const testAccuracy: SpreadFigure = {
  name: 'test-accuracy',
  title: 'Test accuracy',
  of: (run) => run.test.accuracy,
  write: (value) => percent(value),
  axisFormat: '.1%',
};

export const validationLoss: SpreadFigure = {
  name: 'best-validation-loss',
  title: 'Best validation loss (lower is better)',
  of: (run) => run.best?.valLoss ?? null,
  write: decimal,
  axisFormat: '.2f',
};

export async function results(report: RunReport, book: ChartBook): Promise<Section> {
  const { summary } = report;
  const variants = shownVariants(summary);
  const seeds = mostSeeds(summary);
  const basis =
    seeds > 1
      ? `Mean ± standard deviation over ${seeds} seeds${summary.diverged.length === 0 ? '' : ', less those that diverged'}.`
      : `One run each, seed ${summary.selected.seed}.`;
  const patience = variants.map(({ record }) => record.config.patience);
  const weights = patience.every((epochs) => epochs !== null)
    ? 'Test: the weights of the best epoch.'
    : patience.every((epochs) => epochs === null)
      ? 'Test: the weights of the last epoch (no early stopping).'
      : 'Test: the weights of the best epoch where early stopping is used, else of the last.';
  const beside = summary.comparisons.length > 0 ? ' In brackets: runs beside the sweep, for comparison.' : '';
  const caption = spreadCaption(seeds);
  return section(
    'results',
    'Results',
    conclusionList(summary),
    resultTable(variants, summary.selected.variant, `${basis} ${weights}${beside}`),
    await figures(book, [
      ...(isValidated(summary.variants) ? [[spreadChart(variants, validationLoss), caption] as const] : []),
      [spreadChart(variants, testAccuracy), caption],
    ]),
  );
}

/** What the marks of a spread chart are. */
export function spreadCaption(seeds: number): string {
  return seeds > 1
    ? 'A dot is a seed, the line their mean, the bar one standard deviation around it.'
    : 'One seed each.';
}

/** The cell of a figure over seeds. */
export function overSeeds(
  figure: keyof RunOverSeeds['overSeeds'],
  write: (sample: Sample) => string,
): (row: { readonly record: RunOverSeeds }) => string {
  return ({ record }) => {
    const over = record.overSeeds[figure];
    return over === null ? none : write({ ...over, n: record.runs.length });
  };
}

function resultTable(variants: readonly ShownVariant[], selected: string, caption: string): Html {
  return table(
    caption,
    [
      [
        'variant',
        ({ name }) => (name === selected ? html`${name} <span class="mark">selected</span>` : name),
      ],
      ['epochs', overSeeds('epochs', countSpread)],
      ['train acc', overSeeds('trainAccuracy', percentSpread)],
      ['best val loss', overSeeds('bestValLoss', decimalSpread)],
      ['val acc at best', overSeeds('bestValAccuracy', percentSpread)],
      ['test loss', overSeeds('testLoss', decimalSpread)],
      ['test acc', overSeeds('testAccuracy', percentSpread)],
    ],
    variants,
  );
}
