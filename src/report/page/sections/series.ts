/** The series as a whole: every variant beside what was published, then one chapter per experiment. */
import { experimentById, experimentName } from '../../../experiments/catalogue.js';
import { countSpread, decimal, decimalSpread, percent, percentSpread } from '../../../experiments/format.js';
import { publishedFor, type PublishedFigures } from '../../../experiments/published.js';
import { sample, type Sample } from '../../../base/statistics.js';
import type { Summary } from '../../../experiments/summary.js';
import { overlayChart, variantChart } from '../charts/curves.js';
import { publishedChart } from '../charts/published.js';
import { spreadChart } from '../charts/spread.js';
import { figures, section, type ChartBook, type Section } from '../document.js';
import { html, table, type Html } from '../html.js';
import type { RunOverSeeds } from '../types.js';
import { mostSeeds, shownVariants } from '../variants.js';
import { conclusionList, divergedNotice, reportTitle } from './head.js';
import { spreadCaption, testAccuracy, validationLoss } from './results.js';
import { overlayCaption, variantCaption } from './training.js';

const none = '–';

interface Row {
  readonly experiment: Summary['experiment'];
  readonly record: RunOverSeeds;
  readonly published: PublishedFigures | null;
}

/** Every variant of every experiment beside what the series published. */
export async function besidePublished(summaries: readonly Summary[], book: ChartBook): Promise<Section> {
  const rows = summaries.flatMap(({ experiment, variants }) =>
    variants.map((record): Row => ({
      experiment,
      record,
      published: publishedFor(experiment, record.name) ?? null,
    })),
  );
  const caption =
    'Dots with a bar: measured, mean ± standard deviation over seeds. Diamonds: published, one run.';
  return section(
    'published',
    'Measured beside published',
    html`<p>${differences(summaries)}</p>`,
    await figures(book, [
      [
        publishedChart(
          'published-validation-accuracy',
          'Validation accuracy',
          rows.map((row) => ({
            label: rowName(row),
            measured: row.record.overSeeds.bestValAccuracy,
            published: row.published?.valAccuracy ?? null,
          })),
        ),
        `${caption} Measured at the best epoch; published best or last.`,
      ],
      [
        publishedChart(
          'published-test-accuracy',
          'Test accuracy',
          rows.map((row) => ({
            label: rowName(row),
            measured: row.record.overSeeds.testAccuracy,
            published: row.published?.testAccuracy ?? null,
          })),
        ),
        `${caption} The series tested twice only.`,
      ],
    ]),
    publishedTable(rows),
  );
}

/** How these runs differ from the published ones, as far as the records tell. */
function differences(summaries: readonly Summary[]): string {
  const [{ dataset }] = summaries as [Summary];
  const size = dataset.train + (dataset.validation ?? 0);
  const modes = new Set(
    summaries.flatMap((summary) =>
      summary.variants.filter(({ config }) => config.weightDecay > 0).map(({ config }) => config.decay),
    ),
  );
  const seeds = mostSeeds(summaries[0]!);
  const decay = modes.has('decoupled')
    ? ' Its weight decay was coupled (l2); the variants here use decoupled decay.'
    : '';
  return `The series published one run each, on the full KMNIST (60,000 images to train on). These are ${seeds === 1 ? 'one run' : `${seeds} runs`} each on ${dataset.name}, with ${size.toLocaleString('en')} images to train on: figures compare only where the data are the same.${decay}`;
}

function publishedTable(rows: readonly Row[]): Html {
  const spread =
    (
      pick: (over: RunOverSeeds['overSeeds']) => Omit<Sample, 'n'> | null,
      write: (sample: Sample) => string,
    ) =>
    ({ record }: Row): string => {
      const over = pick(record.overSeeds);
      return over === null ? none : write({ ...over, n: record.runs.length });
    };
  const figure =
    (pick: (published: PublishedFigures) => number | null, write: (value: number) => string) =>
    ({ published }: Row): string => {
      const value = published && pick(published);
      return value === null ? none : write(value);
    };
  const inPercent = (value: number): string => percent(value, 2);
  return table<Row>(
    'Measured: mean ± standard deviation over seeds; val loss is that of the last epoch, as published. Published: one run.',
    [
      { heading: 'variant', cell: rowName },
      { heading: 'epochs', figure: true, cell: spread((over) => over.epochs, countSpread) },
      { heading: 'published', figure: true, cell: figure(({ epochs }) => epochs, String) },
      { heading: 'train acc', figure: true, cell: spread((over) => over.trainAccuracy, percentSpread) },
      { heading: 'published', figure: true, cell: figure(({ trainAccuracy }) => trainAccuracy, inPercent) },
      { heading: 'val acc', figure: true, cell: spread((over) => over.bestValAccuracy, percentSpread) },
      { heading: 'published', figure: true, cell: figure(({ valAccuracy }) => valAccuracy, inPercent) },
      { heading: 'val loss, last', figure: true, cell: lastLoss },
      { heading: 'published', figure: true, cell: figure(({ valLoss }) => valLoss, decimal) },
      { heading: 'test acc', figure: true, cell: spread((over) => over.testAccuracy, percentSpread) },
      { heading: 'published', figure: true, cell: figure(({ testAccuracy }) => testAccuracy, inPercent) },
    ],
    rows,
  );
}

/** `2: dropout=0.5`. */
function rowName({ experiment, record: { name } }: Row): string {
  return experiment === 'final' ? 'final' : `${experiment}: ${name}`;
}

function lastLoss({ record: { runs } }: Row): string {
  const losses = runs.map(({ last }) => last.valLoss).filter((loss) => loss !== null);
  return losses.length === 0 ? none : decimalSpread(sample(losses));
}

/** @param href where the page of the experiment's run is, if there is one */
export async function chapter(summary: Summary, book: ChartBook, href: string | null): Promise<Section> {
  const variants = shownVariants(summary);
  const name = experimentName(summary.experiment);
  const validated = variants.every(({ record }) => record.runs.every(({ best }) => best !== null));
  const charts =
    variants.length === 1
      ? (['loss', 'accuracy'] as const).map(
          (quantity) =>
            [variantChart(variants[0]!, variants, quantity), variantCaption(variants[0]!)] as const,
        )
      : [
          [overlayChart(variants, 'loss', 'loss'), overlayCaption(summary)] as const,
          [
            spreadChart(variants, validated ? validationLoss : testAccuracy),
            spreadCaption(mostSeeds(summary)),
          ] as const,
        ];
  return section(
    name,
    reportTitle(summary),
    html`<p class="lede">${experimentById(summary.experiment).asks}</p>`,
    divergedNotice(summary),
    conclusionList(summary),
    await figures(
      book,
      charts.map(([chart, caption]) => [{ ...chart, name: `${name}-${chart.name}` }, caption] as const),
    ),
    href === null ? null : html`<p><a href="${href}">The whole report of this experiment</a></p>`,
  );
}
