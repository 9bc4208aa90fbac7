import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';
import type { DenseLayer } from './dense.js';
import { encodeOnnx, type OnnxOptions } from './onnx.js';
import { uniform } from '../../kernels.test/arrays.js';
import { expectWithin } from '../../kernels.test/compare.js';
import { forward, network } from './testing/networks.js';
import { all, only, onlyText, readMessage } from './testing/protobuf.js';

env.wasm.numThreads = 1;

const options: OnnxOptions = {
  output: 'logits',
  producerVersion: '1.2.3',
  description: 'Pixels / 255, お',
  metadata: new Map([
    ['experiment', '6'],
    ['classes', 'o ki su'],
  ]),
};

async function run(
  model: Uint8Array,
  x: Float32Array,
  rows: number,
): Promise<InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  try {
    expect(session.inputNames).toEqual(['input']);
    return await session.run({ input: new Tensor('float32', x, [rows, x.length / rows]) });
  } finally {
    await session.release();
  }
}

function output(values: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  expect(Object.keys(values)).toEqual([name]);
  expect(values[name]!.type).toBe('float32');
  return values[name]!.data as Float32Array;
}

const rows = 100;

describe('onnxruntime', () => {
  test.each([[[784, 256, 128, 10]], [[784, 128, 10]], [[784, 10]], [[3, 5, 1]]])(
    'gives the logits of %j on 100 inputs, within the bound of f32',
    async (widths) => {
      const layers = network(widths, 1);
      const x = uniform(rows * widths[0]!, 2, 0, 1);
      const { logits, bound } = forward(layers, x, rows);
      const found = output(await run(encodeOnnx(layers, options), x, rows), 'logits');
      const share = expectWithin(found, logits, bound, 'logits', [rows, widths.at(-1)!]);
      console.log(`logits of ${widths.join('-')}: ${share.toFixed(3)} of a bound of ${Math.max(...bound)}`);
    },
  );

  test('gives other logits when the last bias of 10 is lost: the bound is sharp enough to see it', async () => {
    const layers = network([784, 256, 128, 10], 1);
    const x = uniform(rows * 784, 2, 0, 1);
    const { logits, bound } = forward(layers, x, rows);
    const bias = layers[2]!.bias.with(9, 0);
    const found = output(
      await run(encodeOnnx(layers.with(2, { ...layers[2]!, bias }), options), x, rows),
      'logits',
    );
    expect(() => expectWithin(found, logits, bound, 'logits')).toThrow(/outside/);
  });

  test('takes one row, and none', async () => {
    const layers = network([12, 7, 3], 3);
    const model = encodeOnnx(layers, options);
    const x = uniform(12, 4);
    const { logits, bound } = forward(layers, x, 1);
    expectWithin(output(await run(model, x, 1), 'logits'), logits, bound, 'logits');
    const session = await InferenceSession.create(model);
    const empty = await session.run({ input: new Tensor('float32', new Float32Array(), [0, 12]) });
    expect(empty.logits!.dims).toEqual([0, 3]);
    await session.release();
  });

  test('gives probabilities, the softmax of the logits', async () => {
    const layers = network([784, 256, 128, 10], 1);
    const x = uniform(rows * 784, 2, 0, 1);
    const { logits, bound } = forward(layers, x, rows);
    const model = encodeOnnx(layers, { ...options, output: 'probabilities' });
    const found = output(await run(model, x, rows), 'probabilities');
    const expected = new Float64Array(logits.length);
    const limits = new Float64Array(logits.length);
    for (let row = 0; row < rows; row++) {
      const values = logits.subarray(10 * row, 10 * row + 10);
      const largest = Math.max(...values);
      const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
      values.forEach((value, j) => {
        const p = Math.exp(value - largest) / sum;
        // Logits off by at most r move p by a factor of at most exp(2r). Then the runtime's own softmax: a
        // subtraction (whose rounding the exponential multiplies by at most |z - max|), an exponential and
        // ten additions, a division: 2^-24 each, the exponential taken as good to 8 of them.
        const r = Math.max(...bound.subarray(10 * row, 10 * row + 10));
        expected[10 * row + j] = p;
        limits[10 * row + j] =
          p * (Math.expm1(2 * r) + (largest - value + 2 * 8 + 10 + 1) * 2 ** -24) + 2 ** -126;
      });
    }
    const share = expectWithin(found, expected, limits, 'probabilities', [rows, 10]);
    console.log(`probabilities: ${share.toFixed(3)} of the bound`);
  });

  test('refuses a model with a byte too few: it reads the file that was written', async () => {
    const model = encodeOnnx(network([12, 7, 3], 3), options);
    await expect(InferenceSession.create(model.subarray(0, -1))).rejects.toThrow();
  });
});

describe('a model', () => {
  test('says what it is, who made it and with which operators', () => {
    const model = readMessage(encodeOnnx(network([12, 7, 3], 3), options));
    expect(only(model, 1)).toBe(7n);
    expect([2, 3, 6].map((field) => onlyText(model, field))).toEqual([
      'wgsl-train',
      '1.2.3',
      'Pixels / 255, お',
    ]);
    const operators = readMessage(only(model, 8) as Buffer);
    expect([onlyText(operators, 1), only(operators, 2)]).toEqual(['', 13n]);
    const texts = all(model, 14).map((pair) => [1, 2].map((field) => onlyText(readMessage(pair), field)));
    expect(texts).toEqual([...options.metadata]);
  });

  test('leaves the number of rows open', () => {
    const graph = readMessage(only(readMessage(encodeOnnx(network([12, 7, 3], 3), options)), 7) as Buffer);
    for (const [field, columns] of [
      [11, 12n],
      [12, 3n],
    ] as const) {
      const path = [field, 2, 1, 2].reduce(
        (fields, each) => readMessage(only(fields, each) as Buffer),
        graph,
      );
      const [rows, last] = all(path, 1).map(readMessage);
      expect([onlyText(rows!, 2), only(last!, 1)]).toEqual(['N', columns]);
    }
  });

  test('is the same bytes whenever it is written', () => {
    const layers = network([12, 7, 3], 3);
    expect(encodeOnnx(layers, options)).toEqual(encodeOnnx(layers, options));
  });

  test('is to the byte what this project wrote before a library wrote its fields', () => {
    const model = encodeOnnx(network([12, 7, 3], 3), { ...options, output: 'probabilities' });
    expect(platform.sha256(model)).toBe('679241f9cef111b7fb8158242971357402845a001d90b6e0362b1b0fd159d799');
  });

  const [first, second] = network([12, 7, 3], 3) as [DenseLayer, DenseLayer];
  test.each<[string, readonly DenseLayer[]]>([
    ['no layers', []],
    ['layers in the wrong order', [second, first]],
    ['weights of another size', [{ ...first, weights: new Float32Array(3) }]],
    ['a bias of another size', [{ ...first, bias: new Float32Array(3) }]],
  ])('is not made of %s', (_, layers) => {
    expect(() => encodeOnnx(layers, options)).toThrow(EngineError);
  });
});
