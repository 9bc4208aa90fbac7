/** Experiments one after another, each in a directory of its own. */
import { join } from 'node:path';
import { exitCodes } from '../../base/errors.js';
import { experimentName, refuseDiverged, type Outcome, type ResultCache } from '../../experiments/index.js';
import type { RunReport } from '../../report/page/types.js';
import { reportEnd, reportSeries, reportStart } from '../report.js';
import { drawPage } from './draw-page.js';
import { withSelectedBatchSize } from './final-network.js';
import { runReport, type RunSummary } from './page.js';
import { namedTuning, type Series } from './request.js';
import { runOne } from './run-one.js';
import { prepareRecorders } from './series-recorders.js';

/**
 * Runs experiments one after another, and writes each one's directory.
 * @throws EngineError whatever ends a training; what was recorded until then stays, without a summary.json. `diverged` at the end, when all
 *   is written, if some trainings diverged beside others that did not
 */
export async function runSeries(series: Series): Promise<void> {
  const { plans, settings, directory, dataset, adapter, output } = series;
  const cache: ResultCache = new Map();
  const outcomes: Outcome[] = [];
  const summaries: RunSummary[] = [];
  reportStart(output, dataset, adapter.session.adapter, series.tuning);
  const makeRecorder = await prepareRecorders(series);
  const whole = settings.experiment === 'all' ? makeRecorder(directory, null) : null;
  let path = '';
  let report = '';
  let last = directory;
  try {
    for (const given of plans) {
      const plan = whole === null ? given : withSelectedBatchSize(given, outcomes, settings);
      const folder = whole === null ? directory : join(directory, experimentName(plan.experiment.id));
      const recorder = makeRecorder(folder, plan, whole);
      try {
        const { outcome, summary } = await runOne(plan, series, cache, recorder);
        path = recorder.finish(summary);
        output.event({ event: 'saved', experiment: plan.experiment.id, path });
        const facts = await adapter.withRecovery(
          (session) => runReport(folder, summary, dataset, session, series.signal),
          () => undefined,
        );
        report = await drawPage(output, recorder, plan.experiment.id, ({ reportPage }, options) =>
          reportPage(facts, options),
        );
        last = folder;
        outcomes.push(outcome);
        summaries.push(summary);
      } finally {
        recorder.close();
      }
    }
    if (whole !== null) {
      const { adapter: used, dataset: data } = summaries[0]!;
      reportSeries(output, outcomes);
      path = whole.finish({
        schema: 1,
        experiment: 'all',
        dataset: data,
        adapter: used,
        tuning: namedTuning(series),
        experiments: summaries,
      });
      const reports = summaries.map((summary): RunReport => ({
        summary,
        test: null,
        firstLayer: null,
        profile: summary.profile ?? null,
      }));
      report = await drawPage(output, whole, 'all', ({ seriesPage }, options) =>
        seriesPage(reports, { ...options, href: (id) => `${experimentName(id)}/report.html` }),
      );
    }
  } finally {
    whole?.close();
  }
  const isWhole = outcomes.every(({ diverged }) => diverged.length === 0);
  const exitCode = isWhole ? 0 : exitCodes.diverged;
  reportEnd(output, dataset, adapter.session.adapter, path, report, last, exitCode);
  refuseDiverged(outcomes);
}
