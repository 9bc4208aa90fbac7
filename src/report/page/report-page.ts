import { chartBook, page } from './document.js';
import { html } from './html.js';
import { head, reportTitle } from './sections/head.js';
import { network } from './sections/network.js';
import { record } from './sections/record.js';
import { results } from './sections/results.js';
import { speed } from './sections/speed.js';
import { training } from './sections/training.js';
import type { ReportPage, RunReport } from './types.js';

/**
 * The page of one run: one HTML document with everything in it, and its charts as SVG.
 * @throws EngineError `bug` if probabilities, labels and classes do not fit each other
 */
export async function reportPage(report: RunReport): Promise<ReportPage> {
  const book = chartBook();
  const { summary } = report;
  const title = reportTitle(summary);
  const version = summary.versions['wgsl-train'] ?? '';
  const parts = [
    head(summary),
    await results(report, book),
    await training(report, book),
    ...(await network(report, book)),
    await speed(report, book),
    record(summary),
    html`<footer>
      Made by wgsl-train ${version} from summary.json. This page loads nothing from anywhere.
    </footer>`,
  ];
  return { html: page(title, parts), charts: book.files };
}
