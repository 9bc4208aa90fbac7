import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../gpu/traits.js';
import { describePlan } from './index.js';
import { planTraining } from './plan-training.js';
import { lavapipe } from '../kernels/testing/traits.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { trial } from './testing/trials.js';

const sizesOf = (images: { train: number; test: number }, batchSize: number, validation: number) =>
  planTraining(lavapipe, tinyDataset(images), [trial({ batchSize, validation })]).groups[0]!.sizes;

describe('sizes', () => {
  test('training steps count the short last batch', () => {
    expect(sizesOf({ train: 40, test: 12 }, 5, 0.2)).toMatchObject({
      train: 32,
      validation: 8,
      test: 12,
      batch: 5,
      trainSteps: 7,
    });
  });

  test('a batch larger than the training set is the training set', () => {
    expect(sizesOf({ train: 40, test: 12 }, 64, 0.2)).toMatchObject({ batch: 32, trainSteps: 1 });
    expect(sizesOf({ train: 40, test: 12 }, 64, 0)).toMatchObject({
      batch: 40,
      trainSteps: 1,
      validation: 0,
    });
  });

  test.each([
    { train: 40, test: 12, expected: [12, 1, 1] },
    { train: 100, test: 12, expected: [20, 1, 1] },
    { train: 40, test: 1024, expected: [1024, 1, 1] },
    // Two batches of 513, not one of 1024 and one of a single image.
    { train: 40, test: 1025, expected: [513, 1, 2] },
    { train: 6000, test: 2049, expected: [683, 2, 3] },
  ])('evaluation of $test test images, and of a fifth of $train: $expected', ({ expected, ...images }) => {
    const { evaluationBatch, validationSteps, testSteps } = sizesOf(images, 8, 0.2);
    expect([evaluationBatch, validationSteps, testSteps]).toEqual(expected);
  });
});

test('a group has dropout if one of its trials has', () => {
  const kernels = (dropouts: readonly number[]): boolean =>
    planTraining(
      lavapipe,
      tinyDataset(),
      dropouts.map((dropout) => trial({ dropout })),
      { fuse: false },
    ).groups[0]!.training.plan.dispatches.some(({ op }) => op.kernel === 'dropout_forward');
  expect([kernels([0, 0]), kernels([0, 0.5])]).toEqual([false, true]);
});

describe('what does not fit the device', () => {
  const limited = (maxBufferSize: number) => ({ ...lavapipe, limits: { ...defaultLimits, maxBufferSize } });
  const four = Array.from({ length: 4 }, (_, seed) => trial({ hidden: [100] }, seed));
  // Weights of 15 + 1 padded rows and 3 + 1 padded columns, and biases, each rounded up to 64.
  const slice = 4 * (16 * 100 + 128 + 448 + 64);

  test('is trained in smaller groups', () => {
    const sizes = (slices: number): number[] =>
      planTraining(limited(slices * slice), tinyDataset(), four).groups.map(({ trials }) => trials.length);
    expect([sizes(4), sizes(3), sizes(1)]).toEqual([[4], [3, 1], [1, 1, 1, 1]]);
  });

  test('and refused if one trial alone does not', () => {
    expect(() => planTraining(limited(slice - 1), tinyDataset(), four)).toThrow(
      expect.objectContaining({ kind: 'usage', found: `${slice} bytes for 1 trial` }),
    );
  });

  test('an error that is not about sizes is not taken for one', () => {
    const trials = [trial({ hidden: [8, 8] }), trial({ hidden: [8, 8] }, 1)];
    const broken = { ...lavapipe, limits: null } as unknown as typeof lavapipe;
    expect(() => planTraining(broken, tinyDataset(), trials)).toThrow(TypeError);
  });
});

test('the printed plan has a part for each group, with its trials and both of its programs', () => {
  const trials = [trial({}, 1, 'narrow'), trial({ hidden: [99] }, 2, 'wide'), trial({}, 3, 'narrow')];
  const text = describePlan(planTraining(lavapipe, tinyDataset(), trials));
  expect(text.match(/^# (?! ).*/gm)).toEqual(['# narrow seed 1, narrow seed 3', '# wide seed 2']);
  expect(text.match(/^## .*/gm)).toEqual([
    '## Training step: batch of 4, 8 steps per epoch',
    '## Evaluation batch of 12',
    '## Training step: batch of 4, 8 steps per epoch',
    '## Evaluation batch of 12',
  ]);
  expect(text.match(/^\d+ dispatches, \d trials?/gm)).toEqual([
    '5 dispatches, 2 trials',
    '3 dispatches, 2 trials',
    '5 dispatches, 1 trial',
    '3 dispatches, 1 trial',
  ]);
  const unfused = planTraining(lavapipe, tinyDataset(), trials, { fuse: false });
  expect(describePlan(unfused)).toContain('8 steps per epoch, not fused');
});
