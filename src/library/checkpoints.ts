/** Trainings from code that survive the end of their process or page. */
import { EngineError, refused } from '../base/errors.js';
import type { FileStorage } from '../platform/file-storage.js';
import { platform } from '../platform/index.js';
import { recordedFacts, type Dataset } from '../data/dataset.js';
import { fingerprintOf } from '../gpu/fingerprint.js';
import { adapterText, requireSameFacts, type Facts } from '../runs/checkpoint.js';
import { CheckpointPace, checkpointName, defaultCheckpointSeconds } from '../runs/saved-state.js';
import { readStored, storeState, type Place } from '../runs/storage.js';
import type { TrainHooks, Trial } from '../train/types.js';
import { engineGpu } from './engine-gpu.js';
import type { Gpu } from './gpu.js';

/** How checkpoints are taken, and what may resume from them. */
export interface CheckpointOptions {
  /** Least seconds between two checkpoints; 10 if left out, 0 takes one after every epoch. */
  readonly every?: number;
  /**
   * true lets a training resume that began on another adapter: other bits come out, and the checkpoints say
   * so. false (the default) refuses it.
   */
  readonly mixed?: boolean;
}

/** The options of `train` by which it keeps checkpoints and resumes from them. */
export type CheckpointHooks = Required<Pick<TrainHooks, 'onCheckpoint' | 'checkpointDue' | 'resume'>>;

/**
 * What `train` needs to keep its checkpoints and to resume from those that are there: spread it into the
 * options. A training that was stopped, killed or cut off by a lost device, and that is started again with
 * the same arguments, ends with the same bits as one that ran through. Trials are told apart by their name
 * and seed, so these must differ.
 *
 * The files are those of a run's folder `checkpoints`, `NAME-seedSEED/last.safetensors` and
 * `best.safetensors`: `checkpointsIn('runs/latest/checkpoints', ...)` resumes trials of a run.
 *
 * Reading and writing throw, through `train`: EngineError `not-written`, `bad-file` for a damaged checkpoint,
 * `usage` for one of other data, settings or another version, `other-adapter`.
 * @param place a directory in Node, which is made; in a browser a folder of the origin's private file system
 *   (OPFS), which one page or worker at a time may use, until it ends; or a storage of your own
 * @throws EngineError `not-written` if the place cannot be opened, `usage` if another tab has it
 */
export async function checkpointsIn(
  place: string | FileStorage,
  gpu: Gpu,
  dataset: Dataset,
  { every = defaultCheckpointSeconds, mixed = false }: CheckpointOptions = {},
): Promise<CheckpointHooks> {
  if (!(every >= 0 && every < Infinity))
    throw refused('every', String(every), 'seconds, 0 or more', 'leave it out for 10 seconds');
  if (typeof place !== 'string' && [place.read, place.write].some((each) => typeof each !== 'function'))
    throw new EngineError('usage', 'the place for checkpoints is none', {
      found: `an object with ${Object.keys(place).join(', ') || 'nothing'}`,
      expected: 'a name, or an object with the functions read and write',
    });
  const opened: Place =
    typeof place === 'string'
      ? { storage: await platform.storage(place), prefix: `${place}/` }
      : { storage: place, prefix: '' };
  const pace = new CheckpointPace(every);
  const facts: Facts = {
    experiment: 'own',
    dataset: recordedFacts(dataset),
    adapter: gpu.description,
    version: platform.versions()['wgsl-train'],
    fingerprint: fingerprintOf(engineGpu(gpu)),
  };
  /** Adapters that trained a trial before this one. */
  const earlier = new Map<string, readonly string[]>();
  const keyOf = (trial: Trial): string => checkpointName(trial, 'last');
  return {
    onCheckpoint: async (states) => {
      const startedMs = performance.now();
      for (const state of states)
        await storeState(opened, state, { ...facts, mixed: earlier.get(keyOf(state.trial)) ?? [] });
      pace.saved(startedMs);
    },
    checkpointDue: () => pace.isDue(),
    resume: async (trial) => {
      const saved = await readStored(opened, trial);
      if (saved === null) return null;
      const path = opened.prefix + keyOf(trial);
      const isOther = requireSameFacts(saved.facts, facts, path, mixed, 'give `mixed: true`');
      const before = isOther ? [...saved.facts.mixed, adapterText(saved.facts)] : saved.facts.mixed;
      earlier.set(keyOf(trial), [...new Set(before)]);
      // Another adapter may run other variants of the kernels.
      return isOther ? { ...saved.state, kernels: null } : saved.state;
    },
  };
}
