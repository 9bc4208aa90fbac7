/**
 * The tables of bind group 1: one record per step and one per trial, as shaders/lib/trial.wgsl declares them,
 * and each trial's dropout (shaders/lib/dropout.wgsl). Everything that needs more than f32 arithmetic is
 * worked out here, in f64.
 */

import { packStruct, structBytes, structFields, type ParamField } from './reflect.js';
import { shaderText } from './source.js';

// Its @align(16) only rounds the size of Trial up to 16, as `structBytes` does.
const text = shaderText('lib/trial.wgsl').replace('@align(16)', '');
const stepFields = structFields('lib/trial.wgsl', text, 'Step');
const trialFields = structFields('lib/trial.wgsl', text, 'Trial');
const dropoutText = shaderText('lib/dropout.wgsl');

/** Bytes from one step's record to the next: what every WebGPU device can take as a dynamic offset. */
export const stepStride = 256;
export const stepBytes = structBytes(stepFields);
export const trialBytes = structBytes(trialFields);
/** Length of the `trials` array in the shaders. */
export const maxTrials = Number(/array<Trial, (\d+)>/.exec(text)![1]);

/** Layers that the table of dropout has a probability for. */
const dropoutLayers = Number(/DROPOUT_LAYERS = (\d+)u/.exec(dropoutText)![1]);
export const dropoutBytes = 16 * Number(/array<vec4u, (\d+)>/.exec(dropoutText)![1]);

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
  const records = steps.map(({ number, slot, offset, rows }) => ({
    number,
    slot,
    offset,
    rows,
    inverse_rows: 1 / rows,
    first_correction: 1 / (1 - Math.pow(adam.beta1, number + 1)),
    second_correction: 1 / Math.sqrt(1 - Math.pow(adam.beta2, number + 1)),
  }));
  return packTable(stepFields, records, stepStride, steps.length);
}

export interface TrialRecord {
  /** The trial's slice of every tensor. */
  readonly index: number;
  readonly seed: number;
  /** Probability in [0, 1): of every layer, or of each, from the first on; of further ones it is 0. */
  readonly dropout: number | readonly number[];
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly decay: 'decoupled' | 'l2';
  /** Share of the loss's target that is spread over all classes, in [0, 1); in training alone. */
  readonly labelSmoothing: number;
  /** The largest norm of the trial's gradient, above 0; null: it is not clipped. */
  readonly clipNorm: number | null;
  /** Of SGD; AdamW has none. */
  readonly momentum: number;
}

/** Writes the records of the trials that still train, in slot order. At most `maxTrials`. */
export function packTrials(trials: readonly TrialRecord[]): ArrayBuffer {
  const records = trials.map((trial) => {
    const { seed, learningRate, weightDecay, decay } = trial;
    return {
      index: trial.index,
      seed_low: seed >>> 0,
      seed_high: Math.floor(seed / 0x1_0000_0000),
      learning_rate: learningRate,
      shrink: decay === 'l2' ? 1 : 1 - learningRate * weightDecay,
      coupled_decay: decay === 'l2' ? weightDecay : 0,
      label_smoothing: trial.labelSmoothing,
      max_norm: trial.clipNorm ?? 0,
      momentum: trial.momentum,
    };
  });
  return packTable(trialFields, records, trialBytes, maxTrials);
}

/** Writes what trials drop, as shaders/lib/dropout.wgsl reads it. */
export function packDropout(trials: readonly TrialRecord[]): ArrayBuffer {
  const table = new DataView(new ArrayBuffer(dropoutBytes));
  for (const { index, dropout } of trials) {
    for (let layer = 0; layer < dropoutLayers; layer++) {
      const p = typeof dropout === 'number' ? dropout : (dropout[layer] ?? 0);
      const at = 8 * (index * dropoutLayers + layer);
      table.setUint32(at, Math.floor(p * 0x1_0000_0000), true);
      table.setFloat32(at + 4, 1 / (1 - p), true);
    }
  }
  return table.buffer;
}

/** Records `stride` bytes apart, in a table with room for `length`. */
function packTable(
  fields: readonly ParamField[],
  records: readonly Readonly<Record<string, number>>[],
  stride: number,
  length: number,
): ArrayBuffer {
  const table = new Uint8Array(length * stride);
  records.forEach((record, i) => {
    table.set(new Uint8Array(packStruct('lib/trial.wgsl', fields, record)), i * stride);
  });
  return table.buffer;
}
