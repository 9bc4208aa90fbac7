import { EngineError } from '../../base/errors.js';
import type { ExperimentId } from '../../experiments/types.js';
import { chartBook, page, type Section } from './document.js';
import { html } from './html.js';
import { adapterNotice, dataNotice } from './sections/head.js';
import { footer, record } from './sections/record.js';
import { besidePublished, chapter } from './sections/series.js';
import type { PageOptions, ReportPage, RunReport } from './types.js';

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
