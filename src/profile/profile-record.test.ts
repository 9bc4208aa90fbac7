import { describe, expect, test } from 'vitest';
import { noStepTimes } from './times.js';
import { profileRecord, type WorkRow } from './profile-record.js';
import { trial } from '../train/testing/trials.js';
import { ceilings, inventedGroup, inventedSampled } from './testing/invented.js';

const group = inventedGroup([trial({}, 0), trial({}, 1)]);
const record = profileRecord(group, ceilings);
const { dispatches } = group.plan;

function everyNumber(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(everyNumber);
}

describe('rows', () => {
  test('one per op, in the order of the step, with count, total, mean and least', () => {
    expect(record.ops.map(({ name }) => name)).toEqual(dispatches.map(({ op }) => op.name));
    record.ops.forEach((row, k) => {
      expect(row.count).toBe(2);
      expect(row.totalMs).toBeCloseTo((2 * (k + 1)) / 1000, 12);
      expect(row.meanUs).toBeCloseTo(k + 1, 9);
      expect(row.leastUs).toBeCloseTo(k + 1, 9);
      expect(row.grid).toEqual([...dispatches[k]!.configuration.grid, 2]);
    });
  });

  test('one per kernel and variant, longest first, which add up to the ops', () => {
    const names = record.ops.map(({ kernel }) => kernel);
    expect(new Set(record.kernels.map(({ name }) => name))).toEqual(new Set(names));
    expect(record.kernels.length).toBe(new Set(names).size);
    expect(names.length).toBeGreaterThan(record.kernels.length);
    for (const kernel of record.kernels) {
      const ops = record.ops.filter((op) => op.kernel === kernel.name);
      const sum = (key: 'count' | 'totalMs' | 'share'): number => ops.reduce((all, op) => all + op[key], 0);
      expect(kernel.count).toBe(sum('count'));
      expect(kernel.totalMs).toBeCloseTo(sum('totalMs'), 9);
      expect(kernel.share).toBeCloseTo(sum('share'), 9);
      expect(kernel.leastUs).toBe(Math.min(...ops.map(({ leastUs }) => leastUs!)));
    }
    const totals = record.kernels.map(({ totalMs }) => totalMs);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
  });

  test('shares and the pauses between dispatches are the whole step', () => {
    for (const rows of [record.ops, record.kernels] as const) {
      const shares = rows.reduce((sum, { share }) => sum + share, 0);
      expect(shares + record.between!.share).toBeCloseTo(1, 12);
    }
    expect(record.between!.meanUs).toBeCloseTo(0.1 * (dispatches.length - 1), 9);
  });

  test('rates are those of all trials together, and the nearer ceiling is the one that counts', () => {
    record.ops.forEach((row, k) => {
      const { flops, bytes } = dispatches[k]!.configuration;
      const seconds = (k + 1) * 1e-6;
      const [gflops, gbytes] = [(2 * flops) / seconds / 1e9, (2 * bytes) / seconds / 1e9];
      expect(row.gflopsPerSecond).toBeCloseTo(gflops, 9);
      expect(row.gbytesPerSecond).toBeCloseTo(gbytes, 9);
      expect(row.ceilingShare).toBeCloseTo(Math.max(gflops / 50, gbytes / 10), 9);
      expect(row.bound).toBe(gflops / 50 >= gbytes / 10 ? 'compute' : 'memory');
    });
    const bounds = new Set(record.ops.map(({ bound }) => bound));
    expect(bounds).toEqual(new Set(['memory']));
    const fast = profileRecord(group, { ...ceilings, bytesPerSecond: 1e15 });
    expect(fast.ops.find(({ name }) => name === 'layer0')!.bound).toBe('compute');
  });
});

describe('records hold only what JSON can say', () => {
  const nothing = { ...group, times: noStepTimes(dispatches.length) };
  test.each([
    ['a profile', group],
    ['a training', inventedSampled()],
    ['one in which nothing was timed', nothing],
    [
      'one without timestamps',
      { ...group, clock: 'wall' as const, pace: { ...group.pace, busyMs: null, gaps: null } },
    ],
  ])('%s', (_, profile) => {
    const written = profileRecord(profile, ceilings);
    expect(JSON.parse(JSON.stringify(written))).toEqual(written);
    for (const value of everyNumber(written)) expect(value).toBeGreaterThanOrEqual(0);
    for (const value of everyNumber(written)) expect(value).toBeLessThan(Infinity);
  });

  test('an op that was never timed has no least time and no ceiling', () => {
    const row: WorkRow = profileRecord(nothing, ceilings).ops[0]!;
    expect(row).toMatchObject({
      count: 0,
      totalMs: 0,
      share: 0,
      leastUs: null,
      ceilingShare: null,
      bound: null,
    });
  });
});

describe('pace', () => {
  test('rates per step and per submit', () => {
    expect(record.pace).toEqual({
      steps: 10,
      seconds: 0.04,
      stepsPerSecond: 250,
      submits: 2,
      stepsPerSubmit: 5,
      encodeUsPerStep: 100,
      submitUsPerSubmit: 250,
      gpuUsPerStep: 3000,
      gpuBusyShare: 0.75,
      gaps: { count: 1, meanUs: 2000, longestUs: 2000 },
    });
    expect(record.watchedPace!.stepsPerSecond).toBe(200);
  });

  test('a training tells its evaluations', () => {
    const { evaluation, watchedPace } = profileRecord(inventedSampled(), ceilings);
    expect(watchedPace).toBeNull();
    expect(evaluation).toEqual({ count: 2, meanMs: 2, share: 0.1, meanPauseUs: 500 });
  });

  test('by the host clock there is nothing between dispatches, and the rows are the whole', () => {
    const wall = profileRecord({ ...group, clock: 'wall' }, ceilings);
    expect(wall.between).toBeNull();
    expect(wall.ops.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
  });
});

describe('memory', () => {
  const { memory } = record;

  test('every byte of every buffer, largest first', () => {
    const given = group.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(memory.totalBytes).toBe(given);
    expect(memory.buffers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(given);
    const sizes = memory.buffers.map(({ bytes }) => bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  test("transient buffers tell who lives in them; others' transients and parameters are told together", () => {
    const transient = memory.buffers.find(({ name }) => name === 'transient 0')!;
    const planned = group.plan.buffers.find(({ name }) => name === 'transient 0')!;
    expect(transient.kind).toBe('transient');
    expect(transient.tensors.map(({ name }) => name)).toEqual(
      planned.tenants.map(({ tensor }) => tensor.name),
    );
    for (const { bytes } of transient.tensors) expect(bytes).toBeLessThanOrEqual(transient.bytes);
    const other = (name: string) => memory.buffers.find((row) => row.name === name);
    expect(other('transients of the evaluation')).toEqual({
      name: 'transients of the evaluation',
      kind: 'other',
      bytes: 4,
      tensors: [],
    });
    expect(other('dispatch parameters')).toMatchObject({ bytes: 48 });
  });

  test('an arena tells its tensors, each once', () => {
    const arena = memory.buffers.find(({ name }) => name === 'parameters')!;
    expect(arena.kind).toBe('persistent');
    expect(arena.tensors.map(({ name }) => name)).toEqual([
      'layer0.weight',
      'layer0.bias',
      'layer1.weight',
      'layer1.bias',
    ]);
    expect(arena.tensors.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(arena.bytes);
  });
});
