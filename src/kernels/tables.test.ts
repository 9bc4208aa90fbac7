import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../gpu/traits.js';
import {
  adam,
  maxTrials,
  packSteps,
  packDropout,
  packTrials,
  stepBytes,
  stepStride,
  trialBytes,
  type TrialRecord,
} from './index.js';

const text = readFileSync(new URL('../../shaders/lib/trial.wgsl', import.meta.url), 'utf8').replace(
  /\/\/.*$/gm,
  '',
);

interface Field {
  readonly name: string;
  readonly type: string;
}

/** The members of a struct in shaders/lib/trial.wgsl; each takes 4 bytes, one after the other. */
function fieldsOf(struct: string): Field[] {
  const body = new RegExp(`struct ${struct}\\s*\\{([^}]*)\\}`).exec(text)![1]!;
  return [...body.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name, type]) => ({ name: name!, type: type! }));
}

/** A record as the shader would read it. */
function read(data: ArrayBuffer, start: number, struct: string): Record<string, number> {
  const view = new DataView(data, start);
  return Object.fromEntries(
    fieldsOf(struct).map(({ name, type }, i) => [
      name,
      type === 'u32' ? view.getUint32(4 * i, true) : view.getFloat32(4 * i, true),
    ]),
  );
}

describe('layout', () => {
  test.each(['Step', 'Trial'])('%s has only members of 4 bytes', (struct) => {
    for (const { name, type } of fieldsOf(struct)) expect(['u32', 'f32'], name).toContain(type);
  });

  test('a record is as long as its struct', () => {
    expect(stepBytes).toBeGreaterThanOrEqual(4 * fieldsOf('Step').length);
    expect(stepStride).toBeGreaterThanOrEqual(stepBytes);
    // The stride of an array in a uniform buffer is the struct's size, which must be a multiple of 16.
    expect(trialBytes).toBe(16 * Math.ceil(fieldsOf('Trial').length / 4));
  });

  test('a step can be reached by a dynamic offset on every device', () => {
    expect(stepStride % defaultLimits.minUniformBufferOffsetAlignment).toBe(0);
  });

  test('the table of trials is as long as the shaders say', () => {
    expect(text).toContain(`var<uniform> trials: array<Trial, ${maxTrials}>`);
    expect(packTrials([]).byteLength).toBe(maxTrials * trialBytes);
  });
});

describe('steps', () => {
  const steps = [
    { number: 0, slot: 0, offset: 0, rows: 128 },
    { number: 7, slot: 3, offset: 384, rows: 3 },
    { number: 123_456, slot: 9, offset: 70_000, rows: 1 },
  ];
  const data = packSteps(steps);

  test.each(steps.map((step, i) => ({ step, i })))('step $step.number', ({ step, i }) => {
    expect(data.byteLength).toBe(3 * stepStride);
    const t = step.number + 1;
    expect(read(data, i * stepStride, 'Step')).toEqual({
      ...step,
      inverse_rows: Math.fround(1 / step.rows),
      first_correction: Math.fround(1 / (1 - adam.beta1 ** t)),
      second_correction: Math.fround(1 / Math.sqrt(1 - adam.beta2 ** t)),
    });
  });

  test('the corrections of the first step undo the first moments: 10 and sqrt(1000)', () => {
    const first = read(data, 0, 'Step');
    expect(first.first_correction).toBeCloseTo(10, 5);
    expect(first.second_correction).toBeCloseTo(Math.sqrt(1000), 4);
  });
});

/** Threshold and scale of a layer, where the shader reads them. */
function dropoutOf(trial: TrialRecord, layer: number): number[] {
  const table = new DataView(packDropout([trial]));
  expect(table.byteLength).toBe(maxTrials * 32 * 8);
  const at = 8 * (32 * trial.index + layer);
  return [table.getUint32(at, true), table.getFloat32(at + 4, true)];
}

describe('trials', () => {
  const trial: TrialRecord = {
    index: 5,
    seed: 0x1234_5678_9abc,
    dropout: 0.3,
    learningRate: 0.01,
    weightDecay: 0.05,
    decay: 'decoupled',
    labelSmoothing: 0.1,
    clipNorm: 0.5,
    momentum: 0.9,
  };

  test('decoupled decay shrinks the parameter and leaves the gradient alone', () => {
    const data = packTrials([{ ...trial, index: 1 }, trial]);
    expect(read(data, trialBytes, 'Trial')).toEqual({
      index: 5,
      seed_low: 0x5678_9abc,
      seed_high: 0x1234,
      learning_rate: Math.fround(0.01),
      shrink: Math.fround(1 - 0.01 * 0.05),
      coupled_decay: 0,
      label_smoothing: Math.fround(0.1),
      max_norm: 0.5,
      momentum: Math.fround(0.9),
    });
    expect(read(data, 0, 'Trial').index).toBe(1);
  });

  test('coupled decay adds to the gradient and does not shrink', () => {
    const record = read(packTrials([{ ...trial, decay: 'l2' }]), 0, 'Trial');
    expect(record).toMatchObject({ shrink: 1, coupled_decay: Math.fround(0.05) });
  });

  test('a largest norm of 0 stands for no clipping', () => {
    expect(read(packTrials([{ ...trial, clipNorm: null }]), 0, 'Trial').max_norm).toBe(0);
  });

  test('no dropout: every draw is kept, and kept values are as they are', () => {
    expect(dropoutOf({ ...trial, dropout: 0 }, 0)).toEqual([0, 1]);
  });

  test('each layer of each trial has its probability: the same, or that of a list', () => {
    const of = (p: number): number[] => [Math.floor(p * 2 ** 32), Math.fround(1 / (1 - p))];
    expect(dropoutOf({ ...trial, dropout: 0.3 }, 0)).toEqual(of(0.3));
    expect(dropoutOf({ ...trial, dropout: 0.3 }, 31)).toEqual(of(0.3));
    const each = { ...trial, index: 255, dropout: [0.3, 0, 0.5] };
    expect([0, 1, 2, 3].map((layer) => dropoutOf(each, layer))).toEqual([of(0.3), of(0), of(0.5), of(0)]);
  });

  test('dropout next to 1 still has a threshold that fits a u32', () => {
    const dropout = 1 - 2 ** -53;
    expect(dropoutOf({ ...trial, dropout }, 0)[0]).toBe(0xffff_ffff);
  });
});
