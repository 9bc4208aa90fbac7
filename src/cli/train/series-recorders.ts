import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { versions } from '../../platform/version.js';
import { trialsOf, type PlannedExperiment } from '../../experiments/index.js';
import { runFiles, RunRecorder, type RunStart, type WeightsPlaces } from '../../runs/index.js';
import { runConfig } from '../config-file.js';
import { reproducible, runEnvironment } from '../environment.js';
import { checkKernels, type SelfCheckRecord } from '../self-check.js';
import type { Series } from './request.js';
import { requireSameConfig } from './resume.js';

/** Makes the recorder of an experiment, or of the whole series (no plan). `whole` is the one of the series that it belongs to. */
export type MakeRecorder = (
  folder: string,
  plan: PlannedExperiment | null,
  whole?: RunRecorder | null,
) => RunRecorder;

/** Checks the adapter, and gives what makes the recorders of a series. @throws EngineError `wrong-result` */
export async function prepareRecorders(series: Series): Promise<MakeRecorder> {
  const { settings, dataset, adapter } = series;
  const places: WeightsPlaces = new Map();
  // Loaded on use: with the library behind it that takes longer than all else of these rooms.
  const mayWriteEvents = settings.tensorboard || settings.resume !== undefined;
  const events = mayWriteEvents ? await import('../../runs/tensorboard.js') : null;
  const environment = {
    ...runEnvironment(adapter.session, series.tuning, series.argv),
    selfCheck: await checkAdapter(series),
  };
  return (folder, plan, whole = null) => {
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
    const hasEvents = tensorboard || (resume && existsSync(join(folder, runFiles.tensorboard)));
    const log = events !== null && hasEvents ? new events.TensorBoardLog(folder) : null;
    const how = { overwrite, resume, tensorboard: log, checkpointSeconds };
    const promise = reproducible(adapter.session, series.tuning, config, dataset, settings.fuse);
    const said = { ...environment, reproducible: promise };
    return new RunRecorder({ directory: folder, config, environment: said, facts, ...how }, places, whole);
  };
}

/** Before the first directory is made: whether the adapter computes rightly what the series will ask of it. */
async function checkAdapter({ plans, settings, dataset, adapter, output }: Series): Promise<SelfCheckRecord> {
  output.live('checking kernels; the first run on an adapter compiles its shaders');
  const trials = plans.flatMap(trialsOf);
  const { fuse } = settings;
  return adapter.withRecovery(
    (session) => checkKernels(session, session.plan(dataset, trials, { fuse }), output),
    () => undefined,
  );
}
