/** Trainings from code that survive the end of their process. */
import { platform } from '../platform/index.js';
import { recordedFacts, type Dataset } from '../data/dataset.js';
import { CheckpointPace, readState, saveState } from '../runs/states.js';
import { requireSameFacts } from '../runs/checkpoint.js';
import { defaultCheckpointSeconds } from '../runs/recorder.js';
import type { TrainHooks } from '../train/types.js';
import { fingerprintOf } from '../gpu/fingerprint.js';
import { makeDirectory } from '../runs/index.js';
import { engineGpu } from './engine-gpu.js';
import type { Gpu } from './gpu.js';

/** How often checkpoints are taken. */
export interface CheckpointOptions {
  /** Least seconds between two checkpoints; 10 if left out, 0 takes one after every epoch. */
  readonly every?: number;
}

/**
 * What `train` needs to keep its checkpoints in a directory and to resume from those that are there: spread
 * it into the options of `train`. A training that was stopped, killed or cut off by a lost device, and that
 * is started again with the same arguments, ends with the same bits as one that ran through. Trials are told
 * apart by their name and seed, so these must differ.
 *
 * Reading and writing throw, through `train`: EngineError `not-written`, `bad-file` for a damaged checkpoint,
 * `usage` for one of other data, settings or another version, `other-adapter`.
 * @param directory is made if it is not there
 */
export function checkpointsIn(
  directory: string,
  gpu: Gpu,
  dataset: Dataset,
  { every = defaultCheckpointSeconds }: CheckpointOptions = {},
): Required<Pick<TrainHooks, 'onCheckpoint' | 'checkpointDue' | 'resume'>> {
  let isMade = false;
  const pace = new CheckpointPace(every);
  const facts = {
    experiment: 'own',
    dataset: recordedFacts(dataset),
    adapter: gpu.description,
    version: platform.versions()['wgsl-train'],
    fingerprint: fingerprintOf(engineGpu(gpu)),
  };
  return {
    onCheckpoint: (states) => {
      if (!isMade) makeDirectory(directory);
      isMade = true;
      pace.measure(() => {
        for (const state of states) saveState(directory, state, facts);
      });
    },
    checkpointDue: () => pace.isDue(),
    resume: (trial) => {
      const saved = readState(directory, trial);
      if (saved === null) return null;
      requireSameFacts(saved.facts, facts, directory);
      return saved.state;
    },
  };
}
