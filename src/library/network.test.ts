/** Networks as files and out of files, and pictures as their input. */
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import {
  assumedFormat,
  fromSafetensors,
  inputFormat,
  networkMetadata,
  pictureInput,
  readNetwork,
  toOnnx,
  toSafetensors,
  type NamedParameters,
} from '../index.js';
import { synthesize } from '../data/synthetic/index.js';
import { parametersOf } from '../formats/dense.js';
import { encodeSafetensors } from '../formats/safetensors.js';
import { forward, network } from '../formats/testing/networks.js';
import { sequential, stateDict } from '../formats/torch.js';
import { encodeCheckpoint } from '../runs/checkpoint.js';
import { madeParameters, madeState } from '../runs/testing/states.js';
import { trial } from '../train/testing/trials.js';

const layers = network([784, 6, 10], 3);
const parameters = parametersOf(layers) as NamedParameters;
const dataset = synthesize({ train: 100, test: 20 });

describe('readNetwork', () => {
  const isRead = { parameters, inputs: 784, classes: 10 };
  const known = { ...isRead, classNames: dataset.classNames, input: inputFormat(dataset) };

  it('reads what toSafetensors and networkMetadata wrote', () => {
    expect(readNetwork(toSafetensors(parameters, networkMetadata(dataset)))).toMatchObject(known);
    expect(readNetwork(toSafetensors(parameters, { dataset: 'mine' }))).toMatchObject({
      ...isRead,
      classNames: null,
      input: null,
    });
  });

  it('reads the names and shapes of PyTorch, as the command export writes them', () => {
    const metadata = new Map(Object.entries({ format: 'pt', ...networkMetadata(dataset) }));
    const bytes = encodeSafetensors(stateDict(sequential(layers, [0.5])), metadata);
    expect(readNetwork(bytes)).toMatchObject(known);
    expect(fromSafetensors(bytes)).toEqual(parameters);
  });

  it('reads a checkpoint of a run', () => {
    const state = madeState(trial(), { valLosses: [0.5] });
    const classNames = dataset.classNames;
    const facts = { experiment: 1, adapter: 'an adapter', version: '0.0.0' };
    const input = assumedFormat({ rows: 2, columns: 2 });
    const bytes = (more: object): Uint8Array =>
      encodeCheckpoint(state.last, state, { ...facts, dataset: { name: 'a', sha256: 'ab', ...more } });
    const read = { parameters: madeParameters(state.trial, 1), inputs: 4, classes: 10 };
    expect(readNetwork(bytes({ classNames, input }))).toMatchObject({ ...read, classNames, input });
    expect(readNetwork(bytes({}))).toMatchObject({ ...read, classNames: null, input: null });
  });

  it.each([
    [{ classes: '["a","b"]' }, /its names of classes do not fit its weights\n.*2 names\n.*10, one for each/],
    [{ classes: 'a, b' }, /its metadata classes: it is not JSON/],
    [{ classes: JSON.stringify(Array.from({ length: 10 }, () => 3)) }, /its metadata classes/],
    [{ input_format: JSON.stringify(assumedFormat({ rows: 2, columns: 2 })) }, /2 x 2 pixels\n.*784/],
    [{ input_format: '{}' }, /its metadata input_format/],
  ])('refuses metadata that does not fit: %j', (metadata, message) => {
    let described = '';
    try {
      readNetwork(toSafetensors(parameters, metadata), 'a.safetensors');
    } catch (error) {
      described = (error as { describe: () => string }).describe();
    }
    expect(described).toMatch(/^a\.safetensors/);
    expect(described).toMatch(message);
  });
});

it('toOnnx gives a model that computes the same, and keeps its metadata', async () => {
  const bytes = await toOnnx(parameters, { output: 'logits', metadata: { note: 'mine' } });
  const x = Float32Array.from({ length: 2 * 784 }, (_, i) => (i % 256) / 255);
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  const { logits } = await session.run({ input: new Tensor('float32', x, [2, 784]) });
  await session.release();
  const expected = forward(layers, x, 2);
  (logits!.data as Float32Array).forEach((value, i) => {
    expect(value).toBeCloseTo(expected.logits[i]!, 3);
  });
  expect(Buffer.from(bytes).includes('mine')).toBe(true);
  await expect(toOnnx(new Map())).rejects.toThrow('the network');
});

describe('pictureInput', () => {
  const format = assumedFormat({ rows: 28, columns: 28 });
  /** A canvas with an L in black, on white or on nothing. */
  const canvas = (isOpaque: boolean): Uint8ClampedArray => {
    const data = new Uint8ClampedArray(4 * 280 * 280).fill(isOpaque ? 255 : 0);
    for (let y = 60; y < 220; y++)
      for (let x = 90; x < 190; x++) if (x < 110 || y >= 200) data.set([0, 0, 0, 255], 4 * (y * 280 + x));
    return data;
  };

  it('fits a drawing into the frame, on white and on nothing', () => {
    const [white, none] = [true, false].map((isOpaque) =>
      pictureInput({ data: canvas(isOpaque), width: 280, height: 280 }, format),
    );
    expect(white).toMatchObject({ how: 'dark ink, fitted' });
    expect(none).toEqual(white);
    const { pixels } = white!;
    expect(pixels).toHaveLength(784);
    expect([0, 27].map((row) => Math.max(...pixels.subarray(28 * row, 28 * (row + 1))))).toEqual([255, 255]);
  });

  it('gives null where there is nothing, and refuses what is no picture', () => {
    for (const level of [0, 255]) {
      const data = new Uint8ClampedArray(4 * 280 * 280).fill(level);
      expect(pictureInput({ data, width: 280, height: 280 }, format)).toBeNull();
      expect(() => pictureInput({ data, width: 280, height: 28 }, format)).toThrow('this is no picture');
      expect(() => pictureInput({ data, width: NaN, height: 280 }, format)).toThrow('this is no picture');
    }
  });
});
