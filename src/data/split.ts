import { EngineError } from '../base/errors.js';
import { Random, streams } from '../base/philox.js';

/** Indices into the training part of a data set. */
export interface Split {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * How many of `count` training images are trained on, and how many are held out for validation.
 * @param validation share held out, 0 <= share < 1; `round(count * validation)` images (48,000 / 12,000 of
 *   KMNIST at 0.2)
 * @throws EngineError `usage` when the share is out of range or would leave one of the two parts empty
 */
export function splitSizes(
  count: number,
  validation: number,
): { readonly train: number; readonly validation: number } {
  if (!Number.isSafeInteger(count) || count < 1 || count > 0xffff_ffff)
    throw new EngineError('usage', 'a split needs a whole number of training images, at least 1', {
      found: String(count),
      remedy: 'use a data set with training images',
    });
  if (!(validation >= 0 && validation < 1))
    throw new EngineError('usage', 'the validation share must be at least 0 and below 1', {
      found: String(validation),
      expected: 'for example 0.2',
      remedy: 'correct the configuration',
    });
  const held = Math.round(count * validation);
  if (validation > 0 && (held === 0 || held === count))
    throw new EngineError('usage', `${count} training images are too few to hold out ${validation} of them`, {
      found: `${count - held} for training, ${held} for validation`,
      expected: 'at least one image in each part',
      remedy: 'use a larger data set',
    });
  return { train: count - held, validation: held };
}

/**
 * Divides `count` training images at random; the same seed gives the same split on every machine.
 * @param seed the seed of the trial, stream `split`
 * @throws as `splitSizes`
 */
export function splitIndices(count: number, validation: number, seed: number): Split {
  const sizes = splitSizes(count, validation);
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  if (sizes.validation > 0) new Random(seed, streams.split).shuffle(order);
  return { train: order.slice(0, sizes.train), validation: order.slice(sizes.train) };
}

/**
 * A new random order of `indices` for one epoch; the input is left as it is, so that the order of an epoch
 * depends on (indices, seed, epoch) only and a resumed run continues with the same batches.
 * @param epoch counted from 1
 */
export function shuffled(indices: Uint32Array, seed: number, epoch: number): Uint32Array<ArrayBuffer> {
  return new Random(seed, streams.shuffle, epoch).shuffle(indices.slice());
}
