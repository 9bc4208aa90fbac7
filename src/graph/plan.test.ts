import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { defaultLimits, type AdapterTraits, type PlanLimits } from '../gpu/traits.js';
import { amount, operands, planStep, printPlan, trialStride, type Graph, type Plan } from './index.js';
import { evaluationGraph, trainingGraph } from '../model/index.js';
import { everyTraits, hardware, lavapipe } from '../kernels/testing/traits.js';

const mlp = { inputs: 10, hidden: [8, 6], classes: 3, dropout: true };
const feed = { samples: 20, indices: 16, batch: 5, slots: 4 };
const graph = trainingGraph(mlp, feed);
const limited = (limits: Partial<PlanLimits>): AdapterTraits => ({
  ...lavapipe,
  limits: { ...defaultLimits, ...limits },
});

/** The usage error that planning ends with. */
function refusal(plan: () => Plan): EngineError {
  try {
    plan();
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'usage') return error;
    throw error;
  }
  throw new Error('the plan was not refused');
}

describe('limits', () => {
  test.each([0, -1, 1.5, Number.NaN, 257])('%s trials side by side', (trials) => {
    const error = refusal(() => planStep(graph, lavapipe, { trials }));
    expect(error).toMatchObject({ found: String(trials), expected: '1 to 256' });
  });

  test('256 trials are planned', () => {
    expect(planStep(graph, lavapipe, { trials: 256 }).trials).toBe(256);
  });

  test('a grid: the op, its kernel, its grid and the limit are named; the limit itself is allowed', () => {
    // gather: a row of workgroups for each of the 8 padded rows of the batch.
    const plan = (limit: number): Plan =>
      planStep(graph, limited({ maxComputeWorkgroupsPerDimension: limit }), { trials: 1, fuse: false });
    expect(() => plan(8)).not.toThrow();
    const error = refusal(() => plan(7));
    expect(error.message).toContain('op gather (gather)');
    expect(error).toMatchObject({ found: '1 x 8', expected: 'at most 7 workgroups in a dimension' });
    expect(error.remedy).toMatch(/smaller batch/);
  });

  test('a real grid: a batch of 65,536 rows has one row of workgroups too many', () => {
    const huge = (batch: number) => trainingGraph({ ...mlp, hidden: [] }, { ...feed, batch });
    expect(() => planStep(huge(65_532), hardware, { trials: 1 })).not.toThrow();
    expect(refusal(() => planStep(huge(65_536), hardware, { trials: 1 })).message).toContain('op gather');
  });

  test.each(['maxBufferSize', 'maxStorageBufferBindingSize'] as const)('a buffer: %s', (limit) => {
    // The arenas are the largest: the layers have 12x8, 8x8 and 8x4 padded weights, a bias takes 64.
    const arena = 4 * (128 + 64 + 64 + 64 + 64 + 64);
    expect(() => planStep(graph, limited({ [limit]: 3 * arena }), { trials: 3 })).not.toThrow();
    const error = refusal(() => planStep(graph, limited({ [limit]: 3 * arena - 1 }), { trials: 3 }));
    expect(error.message).toBe('buffer "parameters" is larger than the device allows');
    expect(error).toMatchObject({
      found: `${3 * arena} bytes for 3 trials`,
      expected: `at most ${3 * arena - 1} bytes`,
    });
    expect(error.remedy).toMatch(/fewer trials/);
  });

  test('a transient buffer and the images are held to it, too', () => {
    const wide = trainingGraph({ ...mlp, hidden: [4] }, { ...feed, batch: 400 });
    const many = trainingGraph(mlp, { ...feed, samples: 1_000 });
    const small = limited({ maxBufferSize: 10_000 });
    const refused = (each: Graph): string =>
      refusal(() => planStep(each, small, { trials: 1, fuse: false })).message;
    expect(refused(wide)).toBe('buffer "transient 0" is larger than the device allows');
    expect(refused(many)).toBe('buffer "images" is larger than the device allows');
  });
});

describe('buffers', () => {
  const sizes = (trials: number): Map<string, { storage: string; bytes: number }> =>
    new Map(
      planStep(graph, lavapipe, { trials, fuse: false }).buffers.map((buffer) => [buffer.name, buffer]),
    );

  test('all but the shared ones grow with the trials', () => {
    const one = sizes(1);
    const three = sizes(3);
    expect([...three.keys()]).toEqual([...one.keys()]);
    for (const [name, { storage, bytes }] of one) {
      expect(three.get(name)!.bytes, name).toBe(storage === 'shared' ? bytes : 3 * bytes);
    }
    expect([...one].filter(([, { storage }]) => storage === 'shared').map(([name]) => name)).toEqual([
      'images',
      'labels',
    ]);
  });

  test('images take a byte per pixel in rows of whole words; everything else four bytes, padded to four', () => {
    const one = sizes(1);
    expect(one.get('images')!.bytes).toBe(20 * 12);
    expect(one.get('labels')!.bytes).toBe(4 * 20);
    expect(one.get('indices')!.bytes).toBe(4 * 16);
    expect(one.get('metrics')!.bytes).toBe(4 * 8);
  });

  test('windows onto an arena share its buffer and its stride from trial to trial', () => {
    const plan = planStep(graph, lavapipe, { trials: 2, fuse: false });
    const arena = plan.buffers.findIndex(({ name }) => name === 'parameters');
    for (const { value } of graph.parameters) {
      expect(plan.bufferOf.get(value.id)).toBe(arena);
      expect(trialStride(value)).toBe(448);
      // What a binding's offset has to be a multiple of.
      expect((4 * value.view!.offset) % defaultLimits.minStorageBufferOffsetAlignment).toBe(0);
    }
    expect(trialStride(graph.tensors.find(({ name }) => name === 'images')!)).toBe(0);
  });

  test('windows of an arena do not overlap and end inside it', () => {
    let end = 0;
    for (const { value } of graph.parameters) {
      expect(value.view!.offset).toBeGreaterThanOrEqual(end);
      const rows = value.vector === true ? 1 : Math.ceil(value.rows / 4) * 4;
      end = value.view!.offset + rows * Math.ceil(value.columns / 4) * 4;
    }
    expect(end).toBeLessThanOrEqual(graph.arenas!.parameters.columns);
  });
});

test('FLOPs are those of the unpadded work: a dense layer of 5x10x8 takes 800 forward', () => {
  const plan = planStep(graph, lavapipe, { trials: 1, fuse: false });
  const flops = new Map(plan.dispatches.map(({ op, configuration }) => [op.name, configuration.flops]));
  expect(flops.get('layer0')).toBe(2 * 5 * 10 * 8);
  expect(flops.get('layer0.weights')).toBe(2 * 5 * 10 * 8);
  expect(flops.get('layer1.input')).toBe(2 * 5 * 8 * 6);
  expect(flops.get('layer2.bias')).toBe(5 * 3);
});

describe('--print-plan', () => {
  test.each(Object.entries(everyTraits))('names everything: %s', (_, traits) => {
    for (const fuse of [true, false]) {
      for (const each of [graph, evaluationGraph(mlp, feed)]) {
        const plan = planStep(each, traits, { trials: 3, fuse });
        const [head, ...lines] = printPlan(plan).split('\n');
        plan.dispatches.forEach(({ op, configuration: { variant, grid, flops, bytes } }, i) => {
          const line = lines.find((candidate) => candidate.startsWith(`${i + 1} `))!;
          expect(line).toContain(` ${op.name} `);
          expect(line).toContain(variant === null ? ` ${op.kernel} ` : ` ${op.kernel}.${variant}`);
          expect(line).toContain(` ${grid[0]}x${grid[1]}x3 `);
          expect(line).toContain(` ${amount(3 * flops, 'FLOP')} `);
          expect(line).toContain(` ${amount(3 * bytes, 'B')} `);
          for (const [, tensor] of operands(op)) {
            const shown = tensor.storage === 'transient' ? / t\d+/ : tensor.name;
            expect(line).toMatch(shown);
          }
        });
        for (const { name, bytes, tenants } of plan.buffers) {
          const line = lines.find((candidate) => candidate.startsWith(`${name} `))!;
          expect(line).toContain(` ${amount(bytes, 'B')}`);
          for (const { tensor, first, last } of tenants) {
            expect(line).toContain(
              `${tensor.name} [${tensor.rows}x${tensor.columns}] ops ${first + 1}-${last + 1}`,
            );
          }
        }
        const total = plan.buffers.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(lines.at(-1)).toContain(`memory: ${amount(total, 'B')} in all`);
        expect(head).toContain(`${plan.dispatches.length} dispatches, 3 trials`);
      }
    }
  });

  test('a small network as text', async () => {
    const small = trainingGraph({ inputs: 6, hidden: [4], classes: 3, dropout: true }, feed);
    const fused = printPlan(planStep(small, lavapipe, { trials: 2 }));
    const apart = printPlan(planStep(small, hardware, { trials: 1, fuse: false }));
    await expect(`${fused}\n\n${apart}\n`).toMatchFileSnapshot('testing/expected/plan.txt');
  });

  test('amounts in three digits', () => {
    expect(
      [0, 7, 999, 1_000, 1_234, 12_345, 999_499, 1_234_567, 5e9, 5e15].map((n) => amount(n, 'B')),
    ).toEqual([
      '0 B',
      '7 B',
      '999 B',
      '1.00 kB',
      '1.23 kB',
      '12.3 kB',
      '999 kB',
      '1.23 MB',
      '5.00 GB',
      '5.00e+3 TB',
    ]);
  });
});
