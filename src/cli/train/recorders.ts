import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recordedFacts } from '../../data/dataset.js';
import { platform } from '../../platform/index.js';
import type { PlannedExperiment } from '../../experiments/index.js';
import { runFiles, RunRecorder, type RunStart, type WeightsPlaces } from '../../runs/index.js';
import { reproducible, runEnvironment } from '../environment.js';
import type { SelfCheckRecord } from '../self-check.js';
import { requireSameConfig, runConfig } from './config.js';
import { placeOf, type Training } from './training.js';

/** Makes the recorder of an experiment in the series `whole`, or of the series itself (no plan). */
export type MakeRecorder = (
  folder: string,
  plan: PlannedExperiment | null,
  whole?: RunRecorder | null,
) => RunRecorder;

/**
 * @param selfCheck null where nothing is trained
 * @param unit the folder of the unit that is trained; null: the whole run is
 */
export async function recordersOf(
  training: Training,
  selfCheck: SelfCheckRecord | null,
  unit: string | null = null,
): Promise<MakeRecorder> {
  const { settings, dataset } = training;
  const place = placeOf(training);
  const places: WeightsPlaces = new Map();
  // Loaded on use: with the library behind it that takes longer than all else of these rooms.
  const mayWriteEvents = settings.tensorboard || settings.resume !== undefined;
  const events = mayWriteEvents ? await import('../../runs/tensorboard.js') : null;
  // What is merged was trained by others, whose records say what they asked for.
  const raised = training.merged === null ? training.adapter.session.raisedLimits() : {};
  const environment = { ...runEnvironment(place, raised, training.tuning, training.argv), selfCheck };
  return (folder, plan, whole = null) => {
    const facts: RunStart['facts'] = {
      experiment: plan?.experiment.id ?? 'all',
      dataset: recordedFacts(dataset),
      adapter: place.adapter.description,
      version: platform.versions()['wgsl-train'],
      fingerprint: place.fingerprint,
    };
    const config = runConfig(
      plan === null ? settings : { ...settings, experiment: plan.experiment.id },
      plan,
    );
    const { overwrite, mixed, tensorboard, checkpointSeconds } = settings;
    const resume = settings.resume !== undefined;
    if (resume) requireSameConfig(folder, config);
    // A resumed run keeps what it began with.
    const hasEvents = tensorboard || (resume && existsSync(join(folder, runFiles.tensorboard)));
    const log = events !== null && hasEvents ? new events.TensorBoardLog(folder) : null;
    const { claim } = training;
    const own = (unit !== null || folder === claim.directory) && { claim };
    const how = {
      overwrite,
      resume,
      mixed,
      tensorboard: log,
      checkpointSeconds,
      ...own,
      ...(unit !== null && { unit }),
    };
    const promise = reproducible(place, training.tuning, config, dataset, settings.fuse);
    const said = { ...environment, reproducible: promise };
    const placed = { ...config, workingDirectory: process.cwd() };
    return new RunRecorder(
      { directory: folder, config: placed, environment: said, facts, ...how },
      places,
      whole,
    );
  };
}
