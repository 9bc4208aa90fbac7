import { describe, expect, it } from 'vitest';
import { describeKernel, EngineError, kernelNames, runKernel, type KernelCall } from '../index.js';
import { useGpu } from '../../kernels.test/kernels/support.js';

const gpu = useGpu();

describe('describeKernel', () => {
  it.each(kernelNames)('%s: its head and its operands', (name) => {
    const { documentation, operands } = describeKernel(name);
    expect(documentation).toMatch(/\S/);
    expect(documentation).not.toMatch(/^\/\/|!include|Bind group 1 of every kernel/m);
    expect(operands.some(({ access }) => access === 'write')).toBe(true);
  });

  it('reads the types of the elements out of the shader', () => {
    expect(describeKernel('gather').operands).toEqual([
      { name: 'images', access: 'read', elements: 'bytes' },
      { name: 'labels', access: 'read', elements: 'u32' },
      { name: 'indices', access: 'read', elements: 'u32' },
      { name: 'x', access: 'write', elements: 'f32' },
      { name: 'y', access: 'write', elements: 'u32' },
    ]);
    expect(describeKernel('reduce_metrics').operands.at(-1)).toEqual({
      name: 'metrics',
      access: 'write',
      elements: 'f32 and u32 in turn',
    });
  });
});

/** y = relu(x w + b), with sides that are no multiples of 4. */
const dense: KernelCall = {
  inputs: {
    x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    w: { shape: [3, 2], data: Float32Array.of(1, -1, 0, 2, 1, -2) },
    b: { shape: [2], data: Float32Array.of(0.5, 0) },
  },
  outputs: { y: [2, 2] },
  attributes: { relu: 1 },
};

describe('runKernel', () => {
  it('runs a product', async () => {
    const result = await runKernel(gpu(), 'dense_forward', dense);
    expect([...result.f32('y')]).toEqual([4.5, 0, 10.5, 0]);
    expect(result.kernel).toMatch(/^dense_forward\.\w+$/);
  });

  it('takes bytes and indices, and gives numbers and labels', async () => {
    const call: KernelCall = {
      inputs: {
        images: { shape: [3, 5], data: Uint8Array.from({ length: 15 }, (_, i) => 17 * i) },
        labels: { shape: [3], data: Uint32Array.of(7, 8, 9) },
        indices: { shape: [4], data: Uint32Array.of(0, 2, 1, 1) },
      },
      outputs: { x: [2, 5], y: [2] },
    };
    const first = await runKernel(gpu(), 'gather', call);
    const expected = [0, 1, 2, 3, 4, 10, 11, 12, 13, 14].map((i) => (17 * i) / 255);
    for (const [i, value] of first.f32('x').entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect([...first.u32('y')]).toEqual([7, 9]);
    const short = await runKernel(gpu(), 'gather', { ...call, step: { offset: 2, rows: 1 } });
    expect(short.u32('y')[0]).toBe(8);
    expect([...short.f32('x').subarray(5)]).toEqual([0, 0, 0, 0, 0]);
  });

  it('fills the batch where the rows of the step are left out', async () => {
    const rows = 5;
    const result = await runKernel(gpu(), 'softmax_cross_entropy', {
      inputs: {
        z: { shape: [rows, 3], data: new Float32Array(rows * 3) },
        labels: { shape: [rows], data: new Uint32Array(rows) },
      },
      outputs: { dz: [rows, 3], loss: [rows], predicted: [rows] },
    });
    for (const loss of result.f32('loss')) expect(loss).toBeCloseTo(Math.log(3), 6);
    expect([...result.u32('predicted')]).toEqual([0, 0, 0, 0, 0]);
    expect(result.f32('dz')[0]).toBeCloseTo((1 / 3 - 1) / rows, 6);
  });

  it('gives pairs both ways', async () => {
    const result = await runKernel(gpu(), 'reduce_metrics', {
      inputs: {
        loss: { shape: [3], data: Float32Array.of(0.5, 1, 2) },
        predicted: { shape: [3], data: Uint32Array.of(1, 1, 0) },
        labels: { shape: [3], data: Uint32Array.of(1, 0, 0) },
      },
      outputs: { metrics: [2] },
      attributes: { tiles: 1 },
    });
    expect([result.f32('metrics')[0], result.u32('metrics')[1]]).toEqual([3.5, 2]);
  });

  it('updates in place, with the settings of step and trial', async () => {
    const shape = [4] as const;
    const [w, g] = [Float32Array.of(1, -1, 0.5, 0), Float32Array.of(0.1, -0.2, 0, 3)];
    const result = await runKernel(gpu(), 'adamw', {
      inputs: {
        g: { shape, data: g },
        w: { shape, data: w },
        m: { shape, data: new Float32Array(4) },
        v: { shape, data: new Float32Array(4) },
      },
      step: { number: 0 },
      trial: { learningRate: 0.01, weightDecay: 0.1 },
    });
    const updated = result.f32('w');
    // On the first step the corrected moments are g and g squared: a step of the rate against the sign of g.
    const expected = [...w].map((value, i) => value * (1 - 0.01 * 0.1) - 0.01 * Math.sign(g[i]!));
    for (const [i, value] of updated.entries()) expect(value).toBeCloseTo(expected[i]!, 5);
    expect(result.f32('v')[3]).toBeCloseTo(0.009, 6);
  });

  it.each<[string, string, KernelCall, RegExp]>([
    ['an unknown kernel', 'dense', dense, /no kernel "dense"[^]*dense_forward/],
    [
      'a missing operand',
      'dense_forward',
      change({ b: undefined }),
      /other operands[^]*inputs x, w, b; outputs y/,
    ],
    ['one that it does not have', 'relu_forward', dense, /other operands[^]*inputs x; outputs y/],
    [
      'an input without values',
      'dense_forward',
      { ...change({ b: undefined }), outputs: { y: [2, 2], b: [2] } },
      /other/,
    ],
    [
      'shapes that do not fit',
      'dense_forward',
      { ...dense, outputs: { y: [2, 3] } },
      /operand \w has the wrong shape/,
    ],
    ['a side of 0', 'dense_forward', { ...dense, outputs: { y: [0, 2] } }, /y has no shape/],
    [
      'an array of another length',
      'dense_forward',
      change({ b: { shape: [2], data: new Float32Array(3) } }),
      /Float32Array of 3\n.*a Float32Array of 2 \(2\)/,
    ],
    [
      'an array of another type',
      'dense_forward',
      change({ b: { shape: [2], data: new Uint32Array(2) } }),
      /Uint32Array of 2\n.*a Float32Array/,
    ],
    [
      'an unknown attribute',
      'dense_forward',
      { ...dense, attributes: { ReLU: 1 } },
      /no attribute ReLU\n.*relu, dropout, layer/,
    ],
    [
      'a missing attribute',
      'dropout_forward',
      {
        inputs: { x: { shape: [4], data: new Float32Array(4) } },
        outputs: { y: [4] },
      },
      /without its attribute layer[^]*describeKernel\('dropout_forward'\)/,
    ],
  ])('refuses %s', async (_, name, call, message) => {
    const error: unknown = await runKernel(gpu(), name, call).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(EngineError);
    const { kind } = error as EngineError;
    expect(kind).toBe('usage');
    expect((error as EngineError).describe()).toMatch(message);
  });

  it('refuses to read what was not written, or as another type', async () => {
    const result = await runKernel(gpu(), 'dense_forward', dense);
    expect(() => result.u32('y')).toThrow('writes no y of u32');
    expect(() => result.f32('x')).toThrow('writes no x of f32');
  });

  it('refuses what is no device', async () => {
    const fake = { description: '', software: true, close: () => undefined };
    await expect(runKernel(fake, 'dense_forward', dense)).rejects.toThrow('not an open device');
  });
});

function change(inputs: Record<string, KernelCall['inputs'][string] | undefined>): KernelCall {
  const all = Object.entries({ ...dense.inputs, ...inputs }).filter(([, tensor]) => tensor !== undefined);
  return { ...dense, inputs: Object.fromEntries(all) as KernelCall['inputs'] };
}
