/**
 * What a selected network could have said: predictions and weights made up so that they fit a summary's
 * confusion matrix.
 */
import type { Summary } from '../../experiments/summary.js';
import type { FirstLayer, TestPredictions } from '../page/types.js';

/** A generator that needs no quality, only to be the same everywhere (Park and Miller's). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/**
 * One image per count of the confusion matrix, class after class.
 * @param images drawn as they are if given, else each image is a disc whose size tells its class
 */
export function inventedPredictions(
  { selected: { confusion, classNames } }: Pick<Summary, 'selected'>,
  given: Pick<TestPredictions, 'labels' | 'images'> | null = null,
  side = 28,
): TestPredictions {
  const next = chance(7);
  const classes = classNames.length;
  const pairs = confusion.flatMap((row, actual) =>
    row.flatMap((count, predicted) => Array.from({ length: count }, () => ({ actual, predicted }))),
  );
  const probabilities = new Float32Array(pairs.length * classes);
  const images = new Uint8Array(pairs.length * side * side);
  const placesOf = classNames.map((_, label) =>
    Array.from(given?.labels ?? []).flatMap((value, place) => (value === label ? [place] : [])),
  );
  pairs.forEach(({ actual, predicted }, image) => {
    const confidence = 0.3 + 0.699 * next() ** (actual === predicted ? 0.15 : 0.8);
    for (let label = 0; label < classes; label++)
      probabilities[image * classes + label] =
        label === predicted ? confidence : (1 - confidence) / (classes - 1);
    const pixels = images.subarray(image * side * side, (image + 1) * side * side);
    const place = placesOf[actual]!.pop();
    if (given !== null && place !== undefined)
      pixels.set(given.images.subarray(place * side * side, (place + 1) * side * side));
    else drawDisc(pixels, side, 2 + actual);
  });
  return {
    labels: Uint8Array.from(pairs, ({ actual }) => actual),
    probabilities,
    images,
    rows: side,
    columns: side,
  };
}

/** Weights like rays from the middle of the image, another angle for each unit. */
export function inventedFirstLayer(outputs: number, side = 28): FirstLayer {
  const weights = new Float32Array(side * side * outputs);
  const middle = (side - 1) / 2;
  for (let input = 0; input < side * side; input++)
    for (let unit = 0; unit < outputs; unit++) {
      const [x, y] = [(input % side) - middle, Math.floor(input / side) - middle];
      const angle = Math.atan2(y, x) * (1 + (unit % 5)) + unit;
      weights[input * outputs + unit] =
        (0.1 * Math.sin(angle) * Math.exp(-(x * x + y * y) / 90) * (outputs - unit)) / outputs;
    }
  return { weights, outputs };
}

function drawDisc(pixels: Uint8Array, side: number, radius: number): void {
  const middle = (side - 1) / 2;
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      if (Math.hypot(x - middle, y - middle) <= radius) pixels[y * side + x] = 255;
}
