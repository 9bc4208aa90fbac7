/**
 * The two tables of bind group 1: one record per step and one per trial, as shaders/lib/trial.wgsl declares them.
 * Everything that needs more than f32 arithmetic is worked out here, in f64.
 */

/** Bytes from one step's record to the next: the least alignment of dynamic uniform offsets that WebGPU guarantees. */
export const stepStride = 256;
export const stepBytes = 32;
export const trialBytes = 32;
/** Length of the `trials` array in the shaders. */
export const maxTrials = 256;

export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

export interface StepRecord {
  /** Optimiser step, counted from 0. */
  readonly number: number;
  /** Where this step's metrics go. */
  readonly slot: number;
  /** First index of the batch in the epoch's permutation. */
  readonly offset: number;
  /** Samples in the batch. */
  readonly rows: number;
}

/** Writes step records at `stepStride` bytes. */
export function packSteps(steps: readonly StepRecord[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(steps.length * stepStride));
  steps.forEach((step, i) => {
    const at = i * stepStride;
    const t = step.number + 1;
    view.setUint32(at, step.number, true);
    view.setUint32(at + 4, step.slot, true);
    view.setUint32(at + 8, step.offset, true);
    view.setUint32(at + 12, step.rows, true);
    view.setFloat32(at + 16, 1 / step.rows, true);
    view.setFloat32(at + 20, 1 / (1 - Math.pow(adam.beta1, t)), true);
    view.setFloat32(at + 24, 1 / Math.sqrt(1 - Math.pow(adam.beta2, t)), true);
  });
  return view.buffer;
}

export interface TrialRecord {
  /** The trial's slice of every tensor. */
  readonly index: number;
  readonly seed: number;
  /** Probability in [0, 1). */
  readonly dropout: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly decay: 'decoupled' | 'l2';
}

/** Writes the records of the trials that still train, in slot order. At most `maxTrials`. */
export function packTrials(trials: readonly TrialRecord[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(maxTrials * trialBytes));
  trials.forEach((trial, slot) => {
    const at = slot * trialBytes;
    const coupled = trial.decay === 'l2';
    view.setUint32(at, trial.index, true);
    view.setUint32(at + 4, trial.seed >>> 0, true);
    view.setUint32(at + 8, Math.floor(trial.seed / 0x1_0000_0000), true);
    view.setUint32(at + 12, Math.floor(trial.dropout * 0x1_0000_0000), true);
    view.setFloat32(at + 16, 1 / (1 - trial.dropout), true);
    view.setFloat32(at + 20, trial.learningRate, true);
    view.setFloat32(at + 24, coupled ? 1 : 1 - trial.learningRate * trial.weightDecay, true);
    view.setFloat32(at + 28, coupled ? trial.weightDecay : 0, true);
  });
  return view.buffer;
}
