/** The series as a whole: every variant beside what was published, then one chapter per experiment. */
import { EngineError } from '../../base/errors.js';
import { sample } from '../../base/statistics.js';
import { experimentById, experimentName } from '../../experiments/catalogue.js';
import { countSpread, decimal, decimalSpread, percent, percentSpread } from '../../experiments/format.js';
import { publishedFor, type PublishedFigures } from '../../experiments/published.js';
import type { Summary } from '../../experiments/summary.js';
import { overlayChart } from './charts/curves.js';
import type { Chart } from './charts/render.js';
import { publishedChart, spreadChart } from './charts/rows.js';
import { chartBook, figures, page, section, type ChartBook, type Section } from './document.js';
import { html, table, type Html } from './html.js';
import type { PageOptions, ReportPage, RunOverSeeds, RunReport } from './types.js';
import { isValidated, mostSeeds, shownVariants } from './variants.js';
import { adapterNotice, conclusionList, dataNotice, divergedNotice, reportTitle } from './sections/head.js';
import { none, overSeeds, spreadCaption, testAccuracy, validationLoss } from './sections/results.js';
import { overlayCaption, variantCharts } from './sections/training.js';
import { footer, record } from './sections/record.js';
import type { ExperimentId } from '../../experiments/types.js';

export interface SeriesOptions extends PageOptions {
  /** Where the page of an experiment's run is, relative to this one; without it nothing is linked. */
  readonly href?: (experiment: ExperimentId) => string;
}

/**
 * The page of a whole series: measured beside published, then a chapter per experiment in the order given.
 * @throws EngineError `usage` if there is no run
 */
export async function seriesPage(
  reports: readonly RunReport[],
  { href, onWarning }: SeriesOptions = {},
): Promise<ReportPage> {
  const summaries = reports.map(({ summary }) => summary);
  const last = summaries.at(-1);
  if (last === undefined)
    throw new EngineError('usage', 'A series needs at least one finished run', { found: 'none' });
  const book = chartBook(onWarning);
  const title = 'The series: from a baseline to the selected network';
  const head = html`<header>
    <h1>${title}</h1>
    <p class="lede">
      ${summaries.length} experiments, each one question; every sentence under them is computed from its runs.
    </p>
    ${adapterNotice(last.adapter)} ${dataNotice(last)}
  </header>`;
  const sections: Section[] = [await besidePublished(summaries, book)];
  for (const summary of summaries)
    sections.push(await chapter(summary, book, href?.(summary.experiment) ?? null));
  sections.push(record(last));
  return { html: page(title, head, sections, footer(last)), charts: book.files };
}

interface Row {
  readonly experiment: Summary['experiment'];
  readonly record: RunOverSeeds;
  readonly published: PublishedFigures | null;
}

/** Every variant of every experiment beside what the series published. */
async function besidePublished(summaries: readonly Summary[], book: ChartBook): Promise<Section> {
  const rows = summaries.flatMap(({ experiment, variants }) =>
    variants.map((record): Row => ({
      experiment,
      record,
      published: publishedFor(experiment, record.name) ?? null,
    })),
  );
  const caption =
    'Dots with a bar: measured, mean ± standard deviation over seeds. Diamonds: published, one run.';
  const chart = (part: 'validation' | 'test'): Chart =>
    publishedChart(
      `published-${part}-accuracy`,
      `${part === 'test' ? 'Test' : 'Validation'} accuracy`,
      rows.map((row) => {
        const { bestValAccuracy, testAccuracy: test } = row.record.overSeeds;
        const { published } = row;
        return part === 'test'
          ? { label: rowName(row), measured: test, published: published?.testAccuracy ?? null }
          : { label: rowName(row), measured: bestValAccuracy, published: published?.valAccuracy ?? null };
      }),
    );
  return section(
    'published',
    'Measured beside published',
    html`<p>${differences(summaries)}</p>`,
    await figures(book, [
      [chart('validation'), `${caption} Measured at the best epoch; published best or last.`],
      [chart('test'), `${caption} The series tested twice only.`],
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
      ['variant', rowName],
      ['epochs', overSeeds('epochs', countSpread)],
      ['published', figure(({ epochs }) => epochs, String)],
      ['train acc', overSeeds('trainAccuracy', percentSpread)],
      ['published', figure(({ trainAccuracy }) => trainAccuracy, inPercent)],
      ['val acc', overSeeds('bestValAccuracy', percentSpread)],
      ['published', figure(({ valAccuracy }) => valAccuracy, inPercent)],
      ['val loss, last', lastLoss],
      ['published', figure(({ valLoss }) => valLoss, decimal)],
      ['test acc', overSeeds('testAccuracy', percentSpread)],
      ['published', figure(({ testAccuracy }) => testAccuracy, inPercent)],
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
async function chapter(summary: Summary, book: ChartBook, href: string | null): Promise<Section> {
  const variants = shownVariants(summary);
  const name = experimentName(summary.experiment);
  const figure = isValidated(variants.map(({ record }) => record)) ? validationLoss : testAccuracy;
  const charts =
    variants.length === 1
      ? variantCharts(variants[0]!, variants)
      : [
          [overlayChart(variants, 'loss', 'loss'), overlayCaption(summary)] as const,
          [spreadChart(variants, figure), spreadCaption(mostSeeds(summary))] as const,
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
