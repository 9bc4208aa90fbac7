import type { ExperimentId } from '../../experiments/index.js';
import type { reportPage } from '../../report/page/report-page.js';
import type { seriesPage } from '../../report/page/series-page.js';
import type { PageOptions, ReportPage } from '../../report/page/types.js';
import type { RunRecorder } from '../../runs/index.js';
import type { Output } from '../output.js';

interface Pages {
  readonly reportPage: typeof reportPage;
  readonly seriesPage: typeof seriesPage;
}

/**
 * Draws a page and writes it into the directory of its run. The charting library is loaded here, after the training: it takes half a
 * second.
 * @returns the path of report.html
 */
export async function drawPage(
  output: Output,
  recorder: RunRecorder,
  experiment: ExperimentId | 'all',
  draw: (pages: Pages, options: PageOptions) => Promise<ReportPage>,
): Promise<string> {
  output.live('drawing the report');
  const [{ reportPage }, { seriesPage }] = await Promise.all([
    import('../../report/page/report-page.js'),
    import('../../report/page/series-page.js'),
  ]);
  const onWarning = (text: string): void => {
    output.info(`a chart of the report is doubtful: ${text}`);
  };
  const { html, charts } = await draw({ reportPage, seriesPage }, { onWarning });
  const path = recorder.report(html, charts);
  output.clear();
  output.event({ event: 'report', experiment, path });
  return path;
}
