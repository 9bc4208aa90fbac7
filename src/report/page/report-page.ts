import { chartBook, page } from './document.js';
import { head, reportTitle } from './sections/head.js';
import { network } from './sections/network.js';
import { footer, record } from './sections/record.js';
import { results } from './sections/results.js';
import { speed } from './sections/speed.js';
import { sweep } from './sections/sweep.js';
import type { SweepRecord } from './sweep.js';
import { training } from './sections/training.js';
import type { PageOptions, ReportPage, RunReport } from './types.js';

/**
 * The page of one run: one HTML document with everything in it, and its charts as SVG.
 * @throws EngineError `bug` if probabilities, labels and classes do not fit each other
 */
export async function reportPage(report: RunReport, { onWarning }: PageOptions = {}): Promise<ReportPage> {
  const book = chartBook(onWarning);
  const { summary } = report;
  const { sweep: swept } = summary;
  const best = swept === undefined ? report : bestOf(report, swept);
  const sections = [
    swept === undefined ? await results(report, book) : await sweep(report, swept, book),
    await training(best, book),
    ...(await network(report, book)),
    await speed(best, book),
    record(summary),
  ];
  const html = page(reportTitle(summary), head(summary), sections, footer(summary));
  return { html, charts: book.files };
}

/** Variants whose curves are drawn: as many as there are colours. */
const mostCurves = 6;

function bestOf(report: RunReport, { ranking }: SweepRecord): RunReport {
  const best = ranking.slice(0, mostCurves);
  const variants = best.flatMap((name) => report.summary.variants.filter((each) => each.name === name));
  return { ...report, summary: { ...report.summary, variants } };
}
