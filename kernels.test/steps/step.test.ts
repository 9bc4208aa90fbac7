import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGpu, type Gpu } from '../../src/gpu/index.js';
import { fuse, metricsTiles, nonfinite, planStep, type Graph } from '../../src/graph/index.js';
import { unpackParameter } from '../../src/model/index.js';
import { gatherBound, networkBound } from '../bounds.js';
import { expectWithin } from '../compare.js';
import { centralDifferences } from '../finite-differences.js';
import type { Expected } from '../fixtures/expected.js';
import { clipFactor, globalNorm } from '../reference/clip_gradients.js';
import { networkPass, type Layer } from '../reference/network.js';
import { layersOf, prepareStep, type DeviceStep } from './device-step.js';
import { arenas, expectedClipping, expectedState, kindsOf } from './expected-update.js';
import { batchOf, makeCase, type StepCase } from './step-case.js';
import { variantsOn } from '../../src/kernels/testing/traits.js';
import { isLong } from '../../src/testing/modes.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.check();
  expect(gpu.count().buffers, 'buffers that were not released').toBe(0);
  gpu.close();
});

const cases: readonly StepCase[] = [
  { inputs: 13, hidden: [9, 6], classes: 5, batch: 7, rows: 7, dropout: 0.4, decay: 'decoupled' },
  // Across the edges of the products' tiles of 32, with a short batch.
  { inputs: 41, hidden: [37], classes: 10, batch: 38, rows: 34, dropout: 0, decay: 'l2' },
  // More classes than a tile is wide.
  { inputs: 12, hidden: [5], classes: 33, batch: 4, rows: 4, dropout: 0.2, decay: 'decoupled' },
  { inputs: 9, hidden: [7], classes: 6, batch: 6, rows: 5, dropout: 0, decay: 'l2', labelSmoothing: 0.2 },
  { inputs: 5, hidden: [8], classes: 34, batch: 5, rows: 5, dropout: 0, decay: 'l2', labelSmoothing: 0.1 },
  { inputs: 11, hidden: [9, 6], classes: 5, batch: 7, rows: 6, dropout: [0.3, 0.2], decay: 'decoupled' },
  // After the first and the last of three, which leaves a layer out.
  { inputs: 8, hidden: [7, 9, 34], classes: 4, batch: 6, rows: 6, dropout: [0.2, 0, 0.5], decay: 'l2' },
  {
    ...{ inputs: 10, hidden: [8, 7], classes: 6, batch: 6, rows: 6, dropout: [0.2, 0.4], decay: 'l2' },
    ...{ labelSmoothing: 0.1, optimizer: 'sgd', clipNorm: 0.05 },
  },
  { inputs: 6, hidden: [], classes: 3, batch: 4, rows: 1, dropout: 0, decay: 'decoupled' },
];

/**
 * Smoothing and dropout after other layers change no product: without --mode long they are tried with one
 * variant. That of each kernel is tried with all of them by the kernel's own tests.
 */
function variantsFor({ dropout, labelSmoothing, optimizer }: StepCase): ReturnType<typeof variantsOn> {
  const all = variantsOn(gpu);
  const isOfProducts = optimizer === 'sgd' || (labelSmoothing === undefined && !Array.isArray(dropout));
  return isLong || isOfProducts ? all : all.slice(0, 1);
}

/** How the ops of a step are put together. */
const forms: Readonly<Record<string, (graph: Graph) => Graph>> = {
  'not fused': (graph) => graph,
  fused: fuse,
  // Somebody looks at the gradients: they are made by fused kernels, and the updates stay apart.
  'fused, with gradients': (graph) => {
    const watched = { ...graph, ops: [...graph.ops], tensors: [...graph.tensors] };
    nonfinite(watched, watched.arenas!.gradients);
    return fuse(watched);
  },
};

const titleOf = ({ inputs, hidden, classes, rows, batch, dropout, ...more }: StepCase): string =>
  `${[inputs, ...hidden, classes].join('-')}, batch ${rows} of ${batch}, dropout ${String(dropout)}, ` +
  `smoothing ${more.labelSmoothing ?? 0}, ${more.optimizer ?? 'adamw'}, clipping ${more.clipNorm ?? 'none'}`;

describe.each(cases.map((given) => [titleOf(given), given] as const))('%s', (_, given) => {
  const made = makeCase(given);
  const { optimizer = 'adamw', clipNorm = null } = given;
  const [step] = made.steps;
  const [state] = made.states;
  const [record] = made.records;
  const batch = { ...batchOf(made, step!), rows: given.rows };
  const regularisation = { dropout: made.dropoutDraws, smoothing: given.labelSmoothing ?? 0 };
  const bound = networkBound(
    layersOf(made.graph, state!.parameters),
    { ...batch, xRadius: gatherBound(batch.x) },
    'probable',
    regularisation,
  );
  const raw = made.graph.parameters.map((_, i): Expected => {
    const kind = i % 2 === 0 ? 'weights' : 'bias';
    const layer = Math.floor(i / 2);
    return { values: bound.pass.gradients[layer]![kind], bound: bound.gradients[layer]![kind] };
  });
  const clipped = expectedClipping(raw, clipNorm);
  const expected = made.graph.parameters.map((parameter, i) => {
    const of = (arena: Float32Array): Float32Array => unpackParameter(parameter, arena);
    const before = { p: of(state!.parameters), m: of(state!.first_moments), v: of(state!.second_moments) };
    const after = expectedState(optimizer, record!, step!.number + 1, before, clipped[i]!);
    return { parameter, after };
  });

  // Each form is held to the same reference; so any two of them agree within twice its bounds.
  test('every product and every form: gradients, state and metrics lie within their bounds', async () => {
    const norm = globalNorm(raw.map(({ values }) => values));
    if (clipNorm !== null) expect(clipFactor(norm, clipNorm), 'there is something to clip').toBeLessThan(0.5);
    for (const { variant, traits } of variantsFor(given)) {
      for (const [form, rewrite] of Object.entries(forms)) {
        const graph = rewrite(made.graph);
        const device = await prepareStep(gpu, { ...made, graph, traits, fuse: false });
        device.run(0, 1);
        const what = `${variant}, ${form}`;
        const hasGradients = form !== 'fused' || clipNorm !== null;
        expect(device.has('second_moments')).toBe(optimizer === 'adamw');
        for (const kind of kindsOf(optimizer)) {
          const found = await device.read(arenas[kind]);
          for (const { parameter, after } of expected)
            expectWithin(
              unpackParameter(parameter, found),
              after[kind].values,
              after[kind].bound,
              `${what}: ${arenas[kind]} of ${parameter.name}`,
              [parameter.value.rows, parameter.value.columns],
            );
        }
        const all = {
          gradients: hasGradients ? raw : null,
          clipped_gradients: clipNorm === null ? null : clipped,
        };
        for (const [name, gradients] of Object.entries(all)) {
          expect(device.has(name)).toBe(gradients !== null);
          if (gradients === null) continue;
          const found = await device.read(name);
          expected.forEach(({ parameter }, i) => {
            const { values, bound: radius } = gradients[i]!;
            expectWithin(
              unpackParameter(parameter, found),
              values,
              radius,
              `${what}: ${name} of ${parameter.name}`,
            );
          });
        }
        const metrics = await device.read('metrics');
        const counts = new Uint32Array(metrics.buffer);
        const tiles = metricsTiles(given.batch);
        const records = Array.from({ length: tiles }, (_, tile) => 2 * (step!.slot * tiles + tile));
        const loss = records.reduce((sum, at) => sum + metrics[at]!, 0) / given.rows;
        expectWithin([loss], [bound.pass.loss], [bound.loss], `${what}: loss`);
        const correct = bound.pass.predicted.filter((each, i) => each === batch.labels[i]).length;
        expect(
          records.reduce((sum, at) => sum + counts[at + 1]!, 0),
          `${what}: correct`,
        ).toBe(correct);
        device.release();
        gpu.check();
      }
    }
  });

  test("the graph's gradient is that of the loss, by central differences", async () => {
    const layers = layersOf(made.graph, state!.parameters);
    const loss = (of: readonly Layer[]): number => networkPass(of, batch, regularisation).loss;
    // Differences are no gradients across the kink of a ReLU; a step of 1e-5 moves no hidden unit further
    // than that.
    for (const z of bound.pass.preactivations.slice(0, -1))
      expect(Math.min(...z.map(Math.abs))).toBeGreaterThan(2e-5);
    const device = await prepareStep(gpu, { ...made, traits: gpu.traits, fuse: false });
    device.run(0, 1);
    const found = await device.read('gradients');
    const numeric = made.graph.parameters.map((_, i) => {
      const at = Math.floor(i / 2);
      const kind = i % 2 === 0 ? 'weights' : 'bias';
      return centralDifferences(
        (values) => loss(layers.map((layer, l) => (l === at ? { ...layer, [kind]: values } : layer))),
        layers[at]![kind],
      );
    });
    for (const each of numeric)
      expect(Math.max(...each.map(Math.abs)), 'there is something to compare').toBeGreaterThan(1e-3);
    made.graph.parameters.forEach((parameter, i) => {
      // The differences themselves are good for about 1e-10.
      const radius = raw[i]!.bound.map((value) => value + 1e-9);
      expectWithin(unpackParameter(parameter, found), numeric[i]!, radius, parameter.gradient.name);
    });
    device.release();
    gpu.check();
  });
});

describe('replay', () => {
  const base = makeCase({ ...cases[0]!, batch: 6, rows: 6 }, 3);
  // Six batches of six and one of four, of the 40 samples; only trials 2 and 0 run.
  const steps = Array.from({ length: 7 }, (_, i) => ({
    number: 10 + i,
    slot: i,
    offset: 6 * i,
    rows: i === 6 ? 4 : 6,
  }));
  const made = { ...base, steps, records: [base.records[2]!, base.records[0]!] };
  const names = ['parameters', 'first_moments', 'second_moments', 'metrics'];
  const bits = async (device: DeviceStep, trial: number): Promise<string[]> =>
    Promise.all(
      names.map(async (name) => Buffer.from((await device.read(name, trial)).buffer).toString('hex')),
    );

  test.each([true, false])('from the same state comes the same, bit for bit; fused: %s', async (fused) => {
    for (const { traits } of variantsOn(gpu)) {
      const device = await prepareStep(gpu, { ...made, traits, fuse: fused });
      const before = await bits(device, 1);
      device.run(0, 7);
      const first = [await bits(device, 0), await bits(device, 2)];
      device.reset();
      device.run(0, 7);
      expect([await bits(device, 0), await bits(device, 2)]).toEqual(first);
      // And it does not matter how many steps a command buffer holds.
      device.reset();
      for (let step = 0; step < 7; step++) device.run(step, 1);
      expect([await bits(device, 0), await bits(device, 2)]).toEqual(first);
      expect(first[0], 'trials differ').not.toEqual(first[1]);
      expect(await bits(device, 1), 'a trial that has stopped is not touched').toEqual(before);
      device.release();
    }
    gpu.check();
  });
});

test('a plan for another adapter class is the same step: only kernels and grids differ', () => {
  const { graph } = makeCase(cases[0]!);
  const names = variantsOn(gpu).map(({ traits }) =>
    planStep(graph, traits, { trials: 1, fuse: false }).dispatches.map(({ op }) => op.name),
  );
  for (const each of names) expect(each).toEqual(names[0]);
});
