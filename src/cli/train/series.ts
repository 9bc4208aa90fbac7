/** Experiments one after another: each trained, recorded and reported in a directory of its own. */
import { join } from 'node:path';
import { EngineError, exitCodes } from '../../base/errors.js';
import {
  experimentName,
  outcomeOf,
  refuseDiverged,
  trialsOf,
  trainPlanned,
  trialsToTrain,
  type Trained,
  withSelectedBatchSize,
  type Outcome,
  type PlannedExperiment,
  type ResultCache,
} from '../../experiments/index.js';
import { commandLine } from '../../platform/command-line.js';
import { platform } from '../../platform/index.js';
import type { GroupProfile, ProfileSink, Recording } from '../../profile/measurement.js';
import type { RunReport } from '../../report/page/types.js';
import { waitForOwner, type RunRecorder } from '../../runs/index.js';
import { DivergedError } from '../../train/diverged-error.js';
import type { TrainHooks, Trial, TrialResult } from '../../train/types.js';
import type { Session } from '../engine.js';
import { trainingProgress, type TrainingProgress } from '../live.js';
import { reportProfiles, saveTrace } from '../profile-report.js';
import {
  divergedEvents,
  reportEnd,
  reportExperiment,
  reportPlan,
  reportSeries,
  reportStart,
  tellResumed,
} from '../report.js';
import { checkKernels, type SelfCheckRecord } from '../self-check.js';
import { interrupted } from '../tell-error.js';
import { drawPage, runReport, type RunSummary } from './pages.js';
import { recordersOf, type MakeRecorder } from './recorders.js';
import { mergedOf, trainedOf, isSameAdapter } from './merge.js';
import { namedTuning, placeOf, type Training } from './training.js';

interface Series extends Training {
  readonly makeRecorder: MakeRecorder;
  /** The recorder of all experiments together; null where one is trained. */
  readonly whole: RunRecorder | null;
  /** What was trained, for experiments that would train it again. */
  readonly cache: ResultCache;
  readonly finished: Finished[];
}

interface Finished {
  readonly outcome: Outcome;
  readonly summary: RunSummary;
  readonly path: string;
  readonly report: string;
}

/**
 * Runs experiments one after another, and writes each one's directory.
 * @throws EngineError what ended a training; what was recorded until then stays, without a summary.json.
 *   `diverged` at the end, when all is written, if some trainings diverged beside others that did not
 */
export async function runSeries(training: Training): Promise<void> {
  const { plans, settings, claim, dataset, output, merged } = training;
  reportStart(output, dataset, placeOf(training).adapter, training.tuning);
  const makeRecorder = await recordersOf(training, merged === null ? await checkAdapter(training) : null);
  const whole = settings.experiment === 'all' ? makeRecorder(claim.directory, null) : null;
  const finished: Finished[] = [];
  const series: Series = { ...training, makeRecorder, whole, cache: new Map(), finished };
  let last: Pick<Finished, 'path' | 'report'>;
  try {
    for (const plan of plans) finished.push(await runOne(plan, series));
    last = whole === null ? finished[0]! : await finishWhole(whole, series);
  } finally {
    whole?.close();
  }
  const outcomes = finished.map(({ outcome }) => outcome);
  const isWhole = outcomes.every(({ diverged }) => diverged.length === 0);
  reportEnd(output, dataset, last, isWhole ? 0 : exitCodes.diverged);
  refuseDiverged(outcomes);
}

/** Whether the adapter computes rightly what the training will ask of it, before a directory is made. */
function checkAdapter(training: Training): Promise<SelfCheckRecord> {
  const { plans, settings, dataset, output } = training;
  output.live('checking kernels; the first run on an adapter compiles its shaders');
  const trials = plans.flatMap(trialsOf);
  return onAdapter(training, (session) =>
    checkKernels(session, session.plan(dataset, trials, { fuse: settings.fuse }), output),
  );
}

/** Runs `work`, and once more if the adapter was lost and opened anew. @param onLost called before that */
async function onAdapter<T>(
  { adapter }: Pick<Training, 'adapter'>,
  work: (session: Session) => Promise<T>,
  onLost?: (loss: EngineError) => void,
): Promise<T> {
  await adapter.ensure();
  try {
    return await work(adapter.session);
  } catch (error) {
    const loss = await adapter.recover(error);
    onLost?.(loss);
    return work(adapter.session);
  }
}

async function runOne(given: PlannedExperiment, series: Series): Promise<Finished> {
  const { whole, settings, output } = series;
  const outcomes = series.finished.map(({ outcome }) => outcome);
  const plan = whole === null ? given : withSelectedBatchSize(given, outcomes, settings.overrides);
  const { id } = plan.experiment;
  const root = series.claim.directory;
  const directory = whole === null ? root : join(root, experimentName(id));
  await waitForOwner(directory, (text) => {
    output.info(text);
  });
  const recorder = series.makeRecorder(directory, plan, whole);
  try {
    const run = { ...series, plan, recorder, trials: trialsOf(plan), groups: [], recordings: [] };
    const outcome = await trainPlan(run);
    recorder.takeOver(outcome);
    const summary = await summarise(outcome, run);
    const path = recorder.finish(summary);
    output.event({ event: 'saved', experiment: id, path });
    const facts = await pageFacts(directory, summary, series);
    const report = await drawPage(output, recorder, id, ({ reportPage }, options) =>
      reportPage(facts, options),
    );
    return { outcome, summary, path, report };
  } catch (error) {
    throw recorder.isResumable ? resumable(error, commandLine('train', '--resume', root)) : error;
  } finally {
    recorder.close();
  }
}

/**
 * What the page is made of. After a merge the selected network is looked at only where it was trained, so
 * that the page says what its summary does.
 */
async function pageFacts(directory: string, summary: RunSummary, training: Training): Promise<RunReport> {
  const { merged, adapter, dataset, output, signal } = training;
  if (merged !== null && !(await isSameAdapter(merged.place, adapter))) {
    output.info(
      'report:  without what the network says of the test set: it was trained on ' +
        `${merged.place.adapter.description}, which is not here`,
    );
    return { summary, test: null, firstLayer: null, profile: null };
  }
  return onAdapter(training, (session) => runReport(directory, summary, dataset, session, signal));
}

/** One experiment, or a part of it, while it is trained. */
export interface Run extends Training {
  readonly plan: PlannedExperiment;
  readonly recorder: RunRecorder;
  /** Those that the recorder has: all of the plan, or those of a unit. */
  readonly trials: readonly Trial[];
  /** Takes what is measured of the run, if it is to be profiled. */
  readonly groups: GroupProfile[];
  readonly recordings: Recording[];
}

async function trainPlan(run: Run & Pick<Series, 'cache'>): Promise<Outcome> {
  const { dataset, output, plan, recorder, signal, cache } = run;
  if (signal.aborted) throw interrupted();
  reportPlan(output, plan);
  const { id } = plan.experiment;
  output.live(`${experimentName(id)}  preparing; the first run on an adapter compiles its shaders`);
  const known = mergedOf(trialsToTrain(plan, cache), run);
  if (known.length > 0) recorder.takeIn(known);
  else beginTrials(run);
  try {
    let round = 0;
    const trainRest = (): Promise<Trained> =>
      trainPlanned(plan, cache, (trials, until) => {
        // A later round of halving resumes from where the one before has left its trials. The recorder knows
        // the states of all, whose metrics it may have to write anew.
        if (round++ > 0) recorder.readStates(run.trials);
        return train(trials, run, until);
      });
    const trained = known.length > 0 ? trainedOf(known) : await trainRest();
    output.clear();
    return outcomeOf(plan, dataset, trained, cache);
  } catch (error) {
    if (error instanceof DivergedError) divergedEvents(output, id, error.divergences);
    throw error;
  }
}

/** Reads what the trials of a run resume from, and says so. */
export function beginTrials({ output, plan, recorder, trials }: Run): void {
  recorder.readStates(trials);
  tellResumed(output, plan.experiment.id, trials.map(recorder.stateOf));
}

/**
 * Trains trials on the adapter; on a fresh one from their last checkpoints if it was lost.
 * @param until the epoch after which they are stopped; null: they are trained to their end
 */
export function train(
  trials: readonly Trial[],
  run: Run,
  until: number | null = null,
): Promise<TrialResult[]> {
  const { dataset, output, plan, recorder, settings, signal } = run;
  const { id } = plan.experiment;
  const progress = trainingProgress(output, experimentName(id), { experiment: id });
  progress.expect(trials.length);
  const hooks = { ...recordingHooks(recorder, progress), signal, ...(until !== null && { until }) };
  const profile = settings.profile && { profile: sinkOf(run) };
  return onAdapter(
    run,
    async (session) => {
      const training = session.plan(dataset, trials, { fuse: settings.fuse, resume: recorder.stateOf });
      // What was checked at the start is known: this is for a fresh adapter, and for trials that were not
      // certain then.
      await checkKernels(session, training, output);
      return session.train(training, { ...hooks, ...profile });
    },
    (loss) => {
      output.clear();
      output.info(`${loss.message}: resuming from the last checkpoint on a fresh adapter`);
      output.event({ event: 'device-lost', experiment: id, message: loss.message });
      recorder.rewind(run.trials);
    },
  );
}

function recordingHooks(recorder: RunRecorder, progress: TrainingProgress): TrainHooks {
  return {
    ...progress,
    onEpoch: (report) => {
      recorder.epoch(report);
      progress.onEpoch(report);
    },
    onCheckpoint: recorder.checkpoint,
    checkpointDue: recorder.isCheckpointDue,
  };
}

function sinkOf({ groups, recordings, settings }: Run): ProfileSink {
  return {
    onGroup: (group) => {
      groups.push(group);
    },
    ...(settings.trace !== undefined && {
      onRecording: (recording: Recording) => {
        recordings.push(recording);
      },
    }),
  };
}

/** An end that is not one of the training's own: the run can be resumed. */
export function resumable(error: unknown, command: string): unknown {
  if (!(error instanceof EngineError) || !['interrupted', 'device-lost'].includes(error.kind)) return error;
  const { kind, message, found, expected, cause } = error;
  const remedy = `nothing is lost: continue with ${command}`;
  return new EngineError(kind, message, { found, expected, remedy, cause });
}

async function summarise(outcome: Outcome, run: Run): Promise<RunSummary> {
  const { settings, dataset, adapter: live, output, groups, merged } = run;
  const { id } = outcome.plan.experiment;
  const { adapter } = placeOf(run);
  const ceilings = groups.length === 0 ? null : await live.session.measureCeilings();
  const mixed = [...(merged?.mixed ?? []), ...run.recorder.mixed];
  const summary = reportExperiment(output, outcome, {
    adapter,
    dataset: { sha256: dataset.sha256, notice: dataset.notice ?? null },
    command: run.argv,
    versions: platform.versions(),
    fused: settings.fuse,
    tuning: namedTuning(run),
    ...(mixed.length > 0 && { mixed }),
  });
  if (ceilings === null) return summary;
  if (settings.trace !== undefined) {
    const facts = { experiment: id, data: dataset.name, fused: settings.fuse, adapter: adapter.description };
    saveTrace(settings.trace, run.recordings, ceilings, facts, output);
  }
  return { ...summary, profile: reportProfiles(output, id, groups, ceilings) };
}

/** What all experiments came to, told and written. */
async function finishWhole(whole: RunRecorder, series: Series): Promise<Pick<Finished, 'path' | 'report'>> {
  const { finished, output } = series;
  const summaries = finished.map(({ summary }) => summary);
  reportSeries(
    output,
    finished.map(({ outcome }) => outcome),
  );
  const path = whole.finish({
    schema: 1,
    experiment: 'all',
    dataset: summaries[0]!.dataset,
    adapter: summaries[0]!.adapter,
    tuning: namedTuning(series),
    experiments: summaries,
  });
  const reports = summaries.map((summary): RunReport => ({
    summary,
    test: null,
    firstLayer: null,
    profile: summary.profile ?? null,
  }));
  const report = await drawPage(output, whole, 'all', ({ seriesPage }, options) =>
    seriesPage(reports, { ...options, href: (id) => `${experimentName(id)}/report.html` }),
  );
  return { path, report };
}
