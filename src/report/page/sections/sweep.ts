/** The results of a sweep of one's own: all variants by rank, how the settings matter, and what was kept. */
import { countSpread, decimal, percentSpread } from '../../../experiments/format.js';
import { heatMap, importanceChart, parallelCoordinates } from '../charts/sweep.js';
import { spreadChart } from '../charts/rows.js';
import { figures, section, type ChartBook, type Figures, type Section } from '../document.js';
import { html, table, type Column, type Html } from '../html.js';
import { sweptOf, type SweepRecord, type SweptVariant } from '../sweep.js';
import type { RunReport } from '../types.js';
import { mostSeeds, shownVariants } from '../variants.js';
import { conclusionList } from './head.js';
import { overSeeds, spreadCaption, testAccuracy, validationLoss } from './results.js';

/** Rows that stand open, and that each block has which opens on a click: what is closed costs nothing. */
const openRows = 30;
const blockRows = 500;

/** Variants in a chart that has a row for each. */
const chartRows = 12;

export async function sweep(report: RunReport, record: SweepRecord, book: ChartBook): Promise<Section> {
  const { summary } = report;
  const { settings, variants } = sweptOf(summary, record);
  const seeds = mostSeeds(summary);
  const best = shownVariants({
    ...summary,
    comparisons: [],
    variants: variants.slice(0, chartRows).map((each) => each.record),
  });
  const [first, second] = settings;
  const isGrid = variants.length === settings.reduce((product, { values }) => product * values.length, 1);
  const charts: Figures =
    variants.length < 2 || first === undefined
      ? []
      : [
          ...(settings.length === 2 && isGrid
            ? ([[heatMap([first, second!], variants), 'Mean over seeds.']] as const)
            : settings.length >= 2
              ? ([[parallelCoordinates(settings, variants), parallelCaption(variants.length)]] as const)
              : []),
          ...(record.importance.filter(({ share }) => share !== null).length >= 2
            ? ([[importanceChart(record.importance), importanceCaption(record)]] as const)
            : []),
          [spreadChart(best, validationLoss), spreadCaption(seeds)],
          [spreadChart(best, testAccuracy), spreadCaption(seeds)],
        ];
  return section(
    'results',
    'Results',
    conclusionList(summary),
    ranking(
      settings.map(({ name }) => name),
      variants,
      seeds,
    ),
    await figures(book, charts),
    rounds(record),
  );
}

function parallelCaption(variants: number): string {
  const best = Math.max(1, Math.ceil(variants / 10));
  return `A line is a variant; in colour the best ${best === 1 ? 'one' : String(best)}. Loss: the lowest that it reached, on a log scale.`;
}

function importanceCaption({ halving }: SweepRecord): string {
  const when = halving === null ? '' : ', after the first round, which all variants had';
  return `Share of the variance of the log validation loss, adjusted for the number of values${when}.`;
}

type Row = SweptVariant & { readonly rank: number };

function ranking(names: readonly string[], variants: readonly SweptVariant[], seeds: number): Html {
  const columns: readonly Column<Row>[] = [
    ['rank', ({ rank }) => String(rank)],
    ...names.map((name, place): Column<Row> => [name, ({ values }) => values[place]!]),
    [
      'best val loss',
      ({ loss, margin }) => decimal(loss) + (margin === null ? '' : ` ± ${margin.toFixed(4)}`),
    ],
    ['val acc', overSeeds('bestValAccuracy', percentSpread)],
    ['test acc', overSeeds('testAccuracy', percentSpread)],
    ['epochs', overSeeds('epochs', countSpread)],
    ['', ({ mark }) => (mark === 'best' ? html`<span class="mark">best</span>` : (mark ?? '')), 'left'],
  ];
  const rows = variants.map((variant, index): Row => ({ ...variant, rank: index + 1 }));
  const interval =
    seeds > 1 ? ` Loss: mean over ${seeds} seeds with its 95 % interval; others: ± standard deviation.` : '';
  const caption = `Variants by best validation loss.${interval} Test figures play no part in the order.`;
  const blocks = Array.from({ length: Math.ceil((rows.length - openRows) / blockRows) }, (_, block) => {
    const part = rows.slice(openRows + block * blockRows).slice(0, blockRows);
    const span = `Rank ${part[0]!.rank} to ${part.at(-1)!.rank}`;
    return html`<details>
      <summary>${span}</summary>
      ${table(`${span}.`, columns, part)}
    </details>`;
  });
  return html`${table(caption, columns, rows.slice(0, openRows))} ${blocks}`;
}

function rounds({ halving }: SweepRecord): Html | null {
  if (halving === null) return null;
  type Round = (typeof halving.rounds)[number] & { readonly number: number };
  const loss = (value: number | null | undefined): string => (value == null ? '–' : decimal(value));
  const columns: readonly Column<Round>[] = [
    ['round', ({ number }) => String(number)],
    ['to epoch', ({ epochs }) => String(epochs)],
    ['variants', ({ ranking: { length } }) => String(length)],
    ['kept', ({ kept }) => String(kept)],
    ['lowest val loss', (round) => loss(round.ranking[0]?.valLoss)],
    ['of the last kept', (round) => loss(round.ranking[round.kept - 1]?.valLoss)],
    ['of the first stopped', (round) => loss(round.ranking[round.kept]?.valLoss)],
  ];
  const caption = `One in ${halving.factor} is kept, by the lowest validation loss until then, mean over seeds.`;
  return html`<h3>Successive halving</h3>
    ${table(
      caption,
      columns,
      halving.rounds.map((round, i) => ({ ...round, number: i + 1 })),
    )}`;
}
