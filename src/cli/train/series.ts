/** Experiments one after another, each in a directory of its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, exitCodes } from '../../base/errors.js';
import type { Dataset } from '../../data/dataset.js';
import {
  experimentName,
  planExperiment,
  refuseDiverged,
  runExperiment,
  trialsOf,
  type Circumstances,
  type Experiment,
  type ExperimentId,
  type Outcome,
  type PlannedExperiment,
  type ResultCache,
  type TrainTrials,
} from '../../experiments/index.js';
import { select } from '../../experiments/measures.js';
import type { reportPage } from '../../report/page/report-page.js';
import type { seriesPage } from '../../report/page/series-page.js';
import type { PageOptions, ReportPage, RunReport } from '../../report/page/types.js';
import { runFiles, RunRecorder, type RunStart, type WeightsPlaces } from '../../runs/index.js';
import { DivergedError } from '../../train/divergence.js';
import type { GroupProfile, ProfileSink, Recording } from '../../train/profile/types.js';
import type { TrainHooks } from '../../train/hooks.js';
import { interrupted } from '../command.js';
import { runConfig } from '../config-file.js';
import { reproducible, runEnvironment } from '../environment.js';
import { trainingProgress } from '../live.js';
import type { TrainSettings } from '../options.js';
import type { Output } from '../output.js';
import type { LiveSession } from './live-session.js';
import { runReport, type RunSummary } from './page.js';
import { requireSameConfig } from './resume.js';
import { tellResumed } from './tell-resumed.js';
import { reportProfiles } from '../profile/report.js';
import { saveTrace } from '../profile/trace-file.js';
import {
  divergedEvents,
  reportEnd,
  reportExperiment,
  reportPlan,
  reportSeries,
  reportStart,
} from '../report.js';
import { checkKernels, type SelfCheckRecord } from '../self-check.js';
import type { NamedTuning } from '../tuning-file.js';
import { versions } from '../../base/version.js';

/** What was asked for, and what it runs with. */
export interface Series {
  readonly plans: readonly PlannedExperiment[];
  readonly settings: TrainSettings;
  readonly tuning: NamedTuning | null;
  readonly argv: readonly string[];
  readonly directory: string;
  readonly dataset: Dataset;
  readonly adapter: LiveSession;
  readonly output: Output;
  readonly signal: AbortSignal;
}

interface Pages {
  readonly reportPage: typeof reportPage;
  readonly seriesPage: typeof seriesPage;
}

/**
 * Runs experiments one after another, and writes each one's directory.
 * @throws EngineError whatever ends a training; what was recorded until then stays, without a summary.json. `diverged` at the end, when all
 *   is written, if some trainings diverged beside others that did not
 */
export async function runSeries(series: Series): Promise<void> {
  const { plans, settings, directory, dataset, adapter, output } = series;
  const cache: ResultCache = new Map();
  const places: WeightsPlaces = new Map();
  const outcomes: Outcome[] = [];
  const summaries: RunSummary[] = [];
  reportStart(output, dataset, adapter.session.adapter, series.tuning);
  const record = (
    folder: string,
    plan: PlannedExperiment | null,
    whole: RunRecorder | null = null,
  ): RunRecorder => {
    const facts: RunStart['facts'] = {
      experiment: plan?.experiment.id ?? 'all',
      dataset: { name: dataset.name, sha256: dataset.sha256 },
      adapter: adapter.session.adapter.description,
      version: versions()['wgsl-train'],
    };
    const config = runConfig(
      plan === null ? settings : { ...settings, experiment: plan.experiment.id },
      plan,
    );
    const { overwrite, tensorboard, checkpointSeconds } = settings;
    const resume = settings.resume !== undefined;
    if (resume) requireSameConfig(folder, config);
    // What a run began with goes on with it.
    const hasEvents = resume && existsSync(join(folder, runFiles.tensorboard));
    const how = { overwrite, resume, tensorboard: tensorboard || hasEvents, checkpointSeconds };
    const promise = reproducible(adapter.session, series.tuning, config, dataset, settings.fuse);
    const said = { ...environment, reproducible: promise };
    return new RunRecorder({ directory: folder, config, environment: said, facts, ...how }, places, whole);
  };
  const environment = {
    ...runEnvironment(adapter.session, series.tuning, series.argv),
    selfCheck: await checkAdapter(series),
  };
  const whole = settings.experiment === 'all' ? record(directory, null) : null;
  let path = '';
  let report = '';
  let last = directory;
  try {
    for (const given of plans) {
      const plan = whole === null ? given : withSelectedBatchSize(given, outcomes, settings);
      const folder = whole === null ? directory : join(directory, experimentName(plan.experiment.id));
      const recorder = record(folder, plan, whole);
      try {
        const { outcome, summary } = await runOne(plan, series, cache, recorder);
        path = recorder.finish(summary);
        output.event({ event: 'saved', experiment: plan.experiment.id, path });
        const facts = await runReport(folder, summary, dataset, adapter.session, series.signal);
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

/**
 * Draws a page and writes it into the directory of its run. The charting library is loaded here, after the training: it takes half a
 * second.
 * @returns the path of report.html
 */
async function drawPage(
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

/** Before the first directory is made: whether the adapter computes rightly what the series will ask of it. */
async function checkAdapter({ plans, settings, dataset, adapter, output }: Series): Promise<SelfCheckRecord> {
  output.live('checking kernels; the first run on an adapter compiles its shaders');
  const trials = plans.flatMap(trialsOf);
  const { fuse } = settings;
  return adapter.withRecovery(
    (session) => checkKernels(session, dataset, trials, { fuse }, output),
    () => undefined,
  );
}

function namedTuning({ tuning }: Series): Circumstances['tuning'] {
  return tuning && { file: tuning.file, sha256: tuning.sha256 };
}

/** One experiment, to its summary. */
async function runOne(
  plan: PlannedExperiment,
  series: Series,
  cache: ResultCache,
  recorder: RunRecorder,
): Promise<{ readonly outcome: Outcome; readonly summary: RunSummary }> {
  const { settings, dataset, adapter: live, output } = series;
  const { id } = plan.experiment;
  const measured: Measured = { groups: [], recordings: [] };
  const outcome = await trainPlan(plan, series, cache, measured, recorder);
  recorder.takeOver(outcome);
  const ceilings = measured.groups.length === 0 ? null : await live.session.measureCeilings();
  const summary = reportExperiment(output, outcome, {
    adapter: live.session.adapter,
    dataset: { sha256: dataset.sha256, notice: dataset.notice ?? null },
    command: series.argv,
    versions: versions(),
    fused: settings.fuse,
    tuning: namedTuning(series),
  });
  if (ceilings === null) return { outcome, summary };
  if (settings.trace !== undefined) {
    const { description: adapter } = live.session.adapter;
    const facts = { experiment: id, data: dataset.name, fused: settings.fuse, adapter };
    saveTrace(settings.trace, measured.recordings, ceilings, facts, output);
  }
  const profile = reportProfiles(output, id, measured.groups, ceilings);
  return { outcome, summary: { ...summary, profile } };
}

/** What a profiled run measured of itself. */
interface Measured {
  readonly groups: GroupProfile[];
  readonly recordings: Recording[];
}

/** @param measured takes what is measured of the run, if it is to be profiled */
async function trainPlan(
  plan: PlannedExperiment,
  series: Series,
  cache: ResultCache,
  { groups, recordings }: Measured,
  recorder: RunRecorder,
): Promise<Outcome> {
  const { dataset, adapter, output, signal, settings, directory } = series;
  if (signal.aborted) throw interrupted();
  reportPlan(output, plan);
  const { id } = plan.experiment;
  const progress = trainingProgress(output, experimentName(id), { experiment: id });
  const hooks: TrainHooks = {
    signal,
    ...progress,
    onEpoch: (report) => {
      recorder.epoch(report);
      progress.onEpoch(report);
    },
    onCheckpoint: (states) => {
      recorder.checkpoint(states);
    },
    checkpointDue: recorder.isCheckpointDue,
    resume: recorder.stateOf,
  };
  const profile: ProfileSink = {
    onGroup: (group) => {
      groups.push(group);
    },
    ...(settings.trace !== undefined && {
      onRecording: (recording) => {
        recordings.push(recording);
      },
    }),
  };
  const trainTrials: TrainTrials = (trials, given) => {
    progress.expect(trials.length);
    const options = { ...given, fuse: settings.fuse, ...(settings.profile && { profile }) };
    return adapter.withRecovery(
      async (session) => {
        // What was checked at the start is known: this is for a fresh adapter, and for trials that were not certain then.
        await checkKernels(session, dataset, trials, options, output);
        return session.train(dataset, trials, options);
      },
      (loss) => {
        output.clear();
        output.info(`${loss.message}: going on from the last checkpoint on a fresh adapter`);
        output.event({ event: 'device-lost', experiment: id, message: loss.message });
        recorder.rewind(trialsOf(plan));
      },
    );
  };
  output.live(`${experimentName(id)}  preparing; the first run on an adapter compiles its shaders`);
  recorder.readStates(trialsOf(plan));
  tellResumed(output, id, trialsOf(plan).map(recorder.stateOf));
  try {
    const outcome = await runExperiment(plan, dataset, trainTrials, hooks, cache);
    output.clear();
    return outcome;
  } catch (error) {
    if (error instanceof DivergedError) divergedEvents(output, id, error.divergences);
    throw recorder.isResumable ? resumable(error, directory) : error;
  }
}

/** An end that is not one of the training's own: it can go on. */
function resumable(error: unknown, directory: string): unknown {
  if (!(error instanceof EngineError) || !['interrupted', 'device-lost'].includes(error.kind)) return error;
  const remedy = `nothing is lost: continue with node scripts/train.js --resume ${directory}`;
  const { kind, message, found, expected, cause } = error;
  return new EngineError(kind, message, { found, expected, remedy, cause });
}

/** In a whole series the final network takes the batch size that experiment 6 selected. */
function withSelectedBatchSize(
  plan: PlannedExperiment,
  outcomes: readonly Outcome[],
  { overrides, seeds }: TrainSettings,
): PlannedExperiment {
  const sixth = outcomes.find((outcome) => outcome.plan.experiment.id === 6);
  if (plan.experiment.id !== 'final' || sixth === undefined) return plan;
  const { name, config } = select(sixth.variants).variant;
  const variants = plan.experiment.variants.map((variant) => ({
    ...variant,
    config: { ...variant.config, batchSize: config.batchSize },
  }));
  const experiment: Experiment = { ...plan.experiment, variants };
  const replanned = planExperiment(experiment, overrides, seeds);
  return { ...replanned, notes: [...replanned.notes, `${name} is what experiment 6 selected`] };
}
