/** The pages of finished runs: what the selected network says of the test set, and the charts. */
import { loadPackage } from '../../base/load-package.js';
import type { Output } from '../../base/output.js';
import type { Dataset } from '../../data/dataset.js';
import { readManifest } from '../../data/kmnist-manifest.js';
import type { ExperimentId, Summary } from '../../experiments/index.js';
import { denseLayers } from '../../formats/dense.js';
import type { reportPage } from '../../report/page/report-page.js';
import type { seriesPage } from '../../report/page/series-page.js';
import type { PageOptions, ReportPage, RunReport } from '../../report/page/types.js';
import type { ProfileRecord } from '../../profile/profile-record.js';
import { readCheckpoint, type RunRecorder } from '../../runs/index.js';
import { shadesOf } from '../../library/dataset.js';
import { softmax } from '../../library/logits.js';
import type { Session } from '../engine.js';

/** A summary, with the profile of the run if it was profiled. */
export type RunSummary = Summary & { readonly profile?: readonly ProfileRecord[] };

/** Whose images KMNIST's are, as its licence wants it said wherever they are shown. */
function attributionOfKmnist(): string {
  const { attribution, licence } = readManifest();
  return `Images of KMNIST: ${attribution}, ${licence}.`;
}

/** A directory can hold images of KMNIST without being it: its name is the best that there is to go by. */
function mayBeKmnist({ name, rows, columns }: Dataset): boolean {
  return rows === 28 && columns === 28 && /kmnist|kuzushiji|k49/i.test(name);
}

/** What a report is made of: the selected network runs over the test set again, from its checkpoint. */
export async function runReport(
  directory: string,
  summary: RunSummary,
  dataset: Dataset,
  session: Session,
  signal: AbortSignal,
): Promise<RunReport> {
  const { variant, seed } = summary.selected;
  const checkpoint = readCheckpoint(directory, { variant, seed });
  const layers = denseLayers(checkpoint.parameters, checkpoint.path);
  const { test, classes, rows, columns } = dataset;
  const logits = await session.inferLogits(layers, test.pixels, { signal });
  return {
    summary,
    test: {
      labels: Uint8Array.from(test.labels),
      probabilities: Float32Array.from(softmax(logits, classes)),
      images: shadesOf(test.pixels),
      rows,
      columns,
      ...(mayBeKmnist(dataset) && { attribution: attributionOfKmnist() }),
    },
    firstLayer: { weights: layers[0]!.weights, outputs: layers[0]!.outputs },
    profile: summary.profile ?? null,
  };
}

interface Pages {
  readonly reportPage: typeof reportPage;
  readonly seriesPage: typeof seriesPage;
}

/**
 * Draws a page and writes it into the directory of its run. The charting library is loaded here, after the
 * training: it takes half a second.
 * @returns the path of report.html
 */
export async function drawPage(
  output: Output,
  recorder: RunRecorder,
  experiment: ExperimentId | 'all',
  draw: (pages: Pages, options: PageOptions) => Promise<ReportPage>,
): Promise<string> {
  output.live('drawing the report');
  const loading = Promise.all([
    import('../../report/page/report-page.js'),
    import('../../report/page/series-page.js'),
  ]);
  const [{ reportPage }, { seriesPage }] = await loadPackage('a report', 'vega vega-lite', loading);
  const onWarning = (text: string): void => {
    output.info(`a chart of the report is doubtful: ${text}`);
  };
  const { html, charts } = await draw({ reportPage, seriesPage }, { onWarning });
  const path = recorder.report(html, charts);
  output.clear();
  output.event({ event: 'report', experiment, path });
  return path;
}
