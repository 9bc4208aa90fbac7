/** One experiment: its training, recorded, and what came of it. */
import { EngineError, type ErrorKind } from '../../base/errors.js';
import { versions } from '../../platform/version.js';
import {
  experimentName,
  runExperiment,
  trialsOf,
  type Outcome,
  type PlannedExperiment,
  type ResultCache,
  type TrainTrials,
} from '../../experiments/index.js';
import type { RunRecorder } from '../../runs/index.js';
import { DivergedError } from '../../train/diverged-error.js';
import type { TrainHooks } from '../../train/hooks.js';
import type { GroupProfile, ProfileSink, Recording } from '../../profile/group-profile.js';
import { interrupted } from '../command.js';
import { trainingProgress } from '../live.js';
import { reportProfiles } from '../profile/report.js';
import { saveTrace } from '../profile/trace-file.js';
import { divergedEvents, reportExperiment, reportPlan } from '../report.js';
import { checkKernels } from '../self-check.js';
import type { RunSummary } from './page.js';
import { namedTuning, type Series } from './request.js';
import { tellResumed } from './tell-resumed.js';

/** Trains one experiment, to its summary. @throws EngineError whatever ends the training */
export async function runOne(
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
    const { resume, ...others } = given;
    const planOptions = { fuse: settings.fuse, ...(resume && { resume }) };
    return adapter.withRecovery(
      async (session) => {
        // What was checked at the start is known: this is for a fresh adapter, and for trials that were not certain then.
        const training = session.plan(dataset, trials, planOptions);
        await checkKernels(session, training, output);
        return session.train(training, { ...others, ...(settings.profile && { profile }) });
      },
      (loss) => {
        output.clear();
        output.info(`${loss.message}: resuming from the last checkpoint on a fresh adapter`);
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
  if (!(error instanceof EngineError)) return error;
  const { kind, message, found, expected, cause } = error;
  const command = 'node scripts/train.js --resume';
  const remedies: Partial<Record<ErrorKind, string | undefined>> = {
    interrupted: `nothing is lost: continue with ${command} ${directory}`,
    'device-lost': `nothing is lost: continue with ${command} ${directory}`,
    'not-written': error.remedy?.replace(command, `${command} ${directory}`),
  };
  const remedy = remedies[kind];
  return remedy === undefined ? error : new EngineError(kind, message, { found, expected, remedy, cause });
}
