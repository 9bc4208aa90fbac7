import { describe, expect, test } from 'vitest';
import { compare, measure, partsOf, withClassesOf, type PartScore } from './evaluation.js';
import { evaluationText } from './evaluation-text.js';
import type { RunNetwork } from './run-network.js';
import { splitIndices } from '../../data/split.js';
import { tinyDataset } from '../../train/testing/tiny-dataset.js';
import { trial } from '../../train/testing/trials.js';

const dataset = tinyDataset({ train: 40, test: 12 });

/** As much of a network as is looked at. */
function networkOf(validation: number, rest: Partial<RunNetwork> = {}): RunNetwork {
  const { config } = trial({ validation });
  const record = {
    seed: 3,
    test: { loss: 1, accuracy: 0.5 },
    history: { valLoss: [3, 2], valAccuracy: [0.25, 0.75] },
  };
  const run = { summary: { selected: { variant: 'other', seed: 3, confusion: [] } } };
  const network = { config, record, run, variant: 'this', checkpoint: { epoch: 2 }, isMeasured: true };
  return { ...network, ...rest } as unknown as RunNetwork;
}

const score = (rest: Partial<PartScore> = {}): PartScore => ({
  part: 'test',
  images: 12,
  loss: 1,
  accuracy: 0.5,
  confusion: [],
  undecided: 0,
  ...rest,
});

describe('data that lacks classes of the network', () => {
  const names = ['ant', 'bee', 'cat', 'dog'];
  const set = tinyDataset({ classes: 2, train: 4, test: 4 });

  test('is measured by the names of classes, or by their numbers where they have none', () => {
    const named = withClassesOf(names, { ...set, classNames: ['dog', 'bee'] });
    expect(named).toMatchObject({ classes: 4, classNames: names });
    expect([...named.test.labels]).toEqual(Array.from(set.test.labels, (label) => [3, 1][label]));
    const numbered = withClassesOf(names, { ...set, classNames: ['0', '1'] });
    expect([...numbered.test.labels]).toEqual([...set.test.labels]);
    const scored = measure({ ...numbered.test, name: 'test' }, new Float32Array(16), numbered.classes);
    expect(scored.confusion.map((row) => row.length)).toEqual([4, 4, 4, 4]);
  });

  test('is refused if it has one that the network does not know', () => {
    const other = { ...set, classNames: ['ant', 'emu'] };
    expect(() => withClassesOf(names, other)).toThrow(expect.objectContaining({ found: 'emu' }));
  });
});

describe('the parts to measure on', () => {
  test('are the test set and what the trial held out, image by image', () => {
    const [tested, validation, ...others] = partsOf(dataset, networkOf(0.2));
    expect(others).toEqual([]);
    expect(tested).toEqual({ name: 'test', pixels: dataset.test.pixels, labels: dataset.test.labels });
    const indices = splitIndices(40, 0.2, 3).validation;
    expect([...validation!.labels]).toEqual(Array.from(indices, (index) => dataset.train.labels[index]));
    indices.forEach((index, i) => {
      expect(validation!.pixels.subarray(15 * i, 15 * (i + 1))).toEqual(
        dataset.train.pixels.subarray(15 * index, 15 * (index + 1)),
      );
    });
  });

  test('are the test set alone where nothing was held out, and on other data', () => {
    expect(partsOf(dataset, networkOf(0)).map(({ name }) => name)).toEqual(['test']);
    expect(partsOf(dataset, null).map(({ name }) => name)).toEqual(['test']);
  });
});

test('a part is measured by its labels', () => {
  const part = { name: 'test', pixels: new Uint8Array(), labels: Uint8Array.of(0, 1) } as const;
  const found = measure(part, Float32Array.of(0, 0, 0, 0), 2);
  expect(found).toMatchObject({ images: 2, accuracy: 0.5, undecided: 2 });
  expect(found.loss).toBeCloseTo(Math.log(2), 15);
});

describe('compared', () => {
  test('validation is compared with the epoch of the weights', () => {
    const found = score({ part: 'validation', loss: 2, accuracy: 0.75 });
    expect(compare([found], networkOf(0.2)).agrees).toBe(true);
    const first = networkOf(0.2, { checkpoint: { epoch: 1 } } as unknown as Partial<RunNetwork>);
    expect(compare([found], first).agrees).toBe(false);
  });

  test('test figures are those of other weights if these were not measured', () => {
    const { parts, agrees } = compare([score()], networkOf(0.2, { isMeasured: false }));
    expect([parts[0]!.recorded, parts[0]!.agrees, agrees]).toEqual([null, null, null]);
  });

  test('one part that differs is enough', () => {
    const parts = [score(), score({ part: 'validation', loss: 2, accuracy: 0.7 })];
    expect(compare(parts, networkOf(0.2))).toMatchObject({
      parts: [{ agrees: true }, { agrees: false }],
      agrees: false,
    });
  });
});

describe('the text', () => {
  test('tells of near ties where an accuracy differs, and only there', () => {
    const network = networkOf(0.2);
    const differs = compare([score({ accuracy: 0.25, undecided: 3 })], network);
    expect(evaluationText(differs, true)).toContain('test: in 3 of the images');
    expect(evaluationText(compare([score({ undecided: 3 })], network), true)).not.toContain('of the images');
  });

  test('says why nothing was compared', () => {
    const none = compare([score()], null);
    expect(evaluationText(none, false)).toContain('not the data of the run');
    expect(evaluationText(none, true)).toContain('no figures of these weights');
  });
});
