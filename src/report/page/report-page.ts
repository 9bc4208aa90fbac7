import { chartBook, page } from './document.js';
import { head, reportTitle } from './sections/head.js';
import { network } from './sections/network.js';
import { footer, record } from './sections/record.js';
import { results } from './sections/results.js';
import { speed } from './sections/speed.js';
import { training } from './sections/training.js';
import type { PageOptions, ReportPage, RunReport } from './types.js';

/**
 * The page of one run: one HTML document with everything in it, and its charts as SVG.
 * @throws EngineError `bug` if probabilities, labels and classes do not fit each other
 */
export async function reportPage(report: RunReport, { onWarning }: PageOptions = {}): Promise<ReportPage> {
  const book = chartBook(onWarning);
  const { summary } = report;
  const sections = [
    await results(report, book),
    await training(report, book),
    ...(await network(report, book)),
    await speed(report, book),
    record(summary),
  ];
  const html = page(reportTitle(summary), head(summary), sections, footer(summary));
  return { html, charts: book.files };
}
