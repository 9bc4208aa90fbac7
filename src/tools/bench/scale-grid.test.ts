import { describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors.js';
import {
  isTimed,
  measureGrid,
  measureLaunch,
  minimalWork,
  pointWork,
  type GridOptions,
  type PointResult,
} from './scale-grid.js';
import { fakeBench, launchMs, type FakeBench } from './testing/step-bench.js';

const grid = (batches: readonly number[], widths: readonly number[]) =>
  widths.flatMap((width) => batches.map((batch) => ({ width, batch })));

async function measure(
  bench: FakeBench,
  batches: readonly number[],
  widths: readonly number[],
  given: Partial<GridOptions> = {},
): Promise<PointResult[]> {
  const options: GridOptions = {
    points: grid(batches, widths),
    depth: 2,
    rounds: 3,
    budget: 10,
    memory: Infinity,
    signal: new AbortController().signal,
    beforeRound: () => Promise.resolve(),
    onPoint: () => undefined,
    ...given,
  };
  return measureGrid(bench, await measureLaunch(bench, options), options);
}

describe('the work of a point', () => {
  it('is a network of equally wide layers on images of 784 pixels', () => {
    expect(pointWork({ width: 64, batch: 8 }, 3)).toMatchObject({
      inputs: 784,
      hidden: [64, 64, 64],
      classes: 10,
      batchSize: 8,
    });
  });

  it('is next to nothing for the launch cost', async () => {
    expect(minimalWork(2)).toMatchObject({ inputs: 1, hidden: [1, 1], classes: 2, batchSize: 1 });
    const options = {
      points: [],
      depth: 2,
      rounds: 2,
      budget: 1,
      memory: 0,
      beforeRound: () => Promise.resolve(),
      onPoint: () => undefined,
    };
    const { signal } = new AbortController();
    const launch = await measureLaunch(fakeBench(), { ...options, signal });
    expect(launch.dispatches).toBe(10);
    expect(launch.msPerDispatch).toBeCloseTo(launchMs / 10, 5);
  });
});

describe('measureGrid', () => {
  it('times every point once per round, least work first, and gives every step back', async () => {
    const bench = fakeBench();
    const results = await measure(bench, [1, 32], [128, 32], { rounds: 2 });
    expect(bench.prepared.slice(2)).toEqual([
      '32x1',
      '128x1',
      '32x32',
      '128x32',
      '32x1',
      '128x1',
      '32x32',
      '128x32',
    ]);
    expect(bench.live).toBe(0);
    expect(results.map(({ width, batch }) => [width, batch])).toEqual([
      [128, 1],
      [128, 32],
      [32, 1],
      [32, 32],
    ]);
    for (const point of results) {
      if (!isTimed(point)) throw new Error('not timed');
      expect(point.ms.median).toBeCloseTo(launchMs + point.cost.flops / 1e7, 6);
    }
  });

  it.each([
    ['what a run costs besides its steps is little of it', (_: number, ms: number) => ms + 10],
    [
      'a pause in the second run is not in the figure',
      (run: number, ms: number) => ms + (run === 1 ? 250 : 0),
    ],
    ['nor is one in the third', (run: number, ms: number) => ms + (run === 2 ? 250 : 0)],
  ])('on a fast adapter: %s', async (_, runMs) => {
    const bench = fakeBench({ ms: () => 0.05, runMs });
    const [point] = await measure(bench, [1], [32]);
    if (!isTimed(point!)) throw new Error('not timed');
    expect(point.ms.max).toBeLessThan(0.053);
  });

  it('leaves out what the limits refuse', async () => {
    const results = await measure(fakeBench({ widest: 1000 }), [1], [32, 4096]);
    expect(results.map((point) => isTimed(point))).toEqual([true, false]);
    expect(results[1]).toMatchObject({
      missing: 'too large',
      why: expect.stringContaining('parameters') as string,
    });
  });

  it('leaves out what does not fit the memory', async () => {
    const results = await measure(fakeBench(), [1], [32, 512], { memory: 5e6 });
    expect(results.map((point) => isTimed(point))).toEqual([true, false]);
    expect(results[1]).toMatchObject({ missing: 'too large', why: 'it takes 8 MB, and 5 MB may be used' });
  });

  it('leaves out what would take too long, without trying it', async () => {
    const bench = fakeBench();
    const results = await measure(bench, [8, 512, 65536], [512], { budget: 10 });
    expect(results.map((point) => isTimed(point))).toEqual([true, true, false]);
    expect(results[2]).toMatchObject({
      missing: 'skipped',
      why: expect.stringContaining('--budget') as string,
    });
    expect((results[2] as { expectedMs?: number }).expectedMs).toBeCloseTo(26_000, -3);
    expect(bench.prepared).not.toContain('512x65536');
  });

  it('does not take launches for work that grows', async () => {
    // 400 times the work, but the small step is launches only.
    const bench = fakeBench({ ms: (_, { flops }) => 100 + flops / 1e9 });
    const results = await measure(bench, [1, 400], [32], { budget: 20 });
    expect(results.map((point) => isTimed(point))).toEqual([true, false]);
    const patient = await measure(bench, [1, 40], [32], { budget: 20 });
    expect(patient.map((point) => isTimed(point))).toEqual([true, true]);
  });

  it('goes on after an error of the GPU, with a new device', async () => {
    const bench = fakeBench({
      beforePreparing: ({ batchSize, hidden }) => {
        if (batchSize === 32 && hidden[0] === 64)
          throw new EngineError('out-of-memory', 'out of memory\nmore');
      },
    });
    const results = await measure(bench, [1, 32], [32, 64]);
    expect(results.map((point) => (isTimed(point) ? 'timed' : point.missing))).toEqual([
      'timed',
      'timed',
      'timed',
      'failed',
    ]);
    expect(results[3]).toMatchObject({ why: 'out of memory' });
    expect(bench.recovered).toBe(1);
  });

  it('ends with any other error', async () => {
    const interrupted = (): never => {
      throw new EngineError('interrupted', 'interrupted');
    };
    const bench = fakeBench({ beforePreparing: ({ inputs }) => inputs === 784 && interrupted() });
    await expect(measure(bench, [1], [32])).rejects.toThrow('interrupted');
  });
});
