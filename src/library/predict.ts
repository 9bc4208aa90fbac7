import { EngineError } from '../base/errors.js';
import type { Pixels } from '../data/dataset.js';
import { denseLayers, type DenseLayer } from '../formats/dense.js';
import { inferLogits } from './infer.js';
import { argmax, softmax } from './logits.js';
import type { NamedParameters } from '../train/types.js';
import { engineGpu } from './engine-gpu.js';
import type { Gpu } from './gpu.js';

/** How a prediction is stopped. */
export interface PredictOptions {
  /** Aborting stops between two batches. */
  readonly signal?: AbortSignal;
}

/** What a network says of some images. */
export interface Predictions {
  /** [count], the class with the largest probability; the first of equals. */
  readonly classes: Uint32Array;
  /** [count, classes], rows add up to 1. */
  readonly probabilities: Float64Array;
}

/**
 * Classifies images with a trained network, on the GPU.
 * @param parameters of the network, as `onWeights` gives them
 * @param images [count, inputs], bytes or f32 features, as in `createDataset`
 * @throws EngineError `usage` for images of another size, `bad-file` for parameters that are no network's,
 *   `diverged` where a logit is not finite, `interrupted`, `device-lost`, `gpu`
 */
export async function predict(
  gpu: Gpu,
  parameters: NamedParameters,
  images: Pixels,
  { signal }: PredictOptions = {},
): Promise<Predictions> {
  const engine = engineGpu(gpu);
  const layers = denseLayers(parameters, 'the network');
  const classes = layers.at(-1)!.outputs;
  requireImages(layers, images);
  const logits = await inferLogits(engine, layers, images, signal === undefined ? {} : { signal });
  const count = logits.length / classes;
  return {
    classes: Uint32Array.from({ length: count }, (_, i) =>
      argmax(logits.subarray(i * classes, (i + 1) * classes)),
    ),
    probabilities: softmax(logits, classes),
  };
}

function requireImages(layers: readonly DenseLayer[], images: Pixels): void {
  const { inputs } = layers[0]!;
  if (images.length % inputs === 0) return;
  throw new EngineError('usage', 'the images are not for this network', {
    found: `${images.length} numbers`,
    expected: `a multiple of ${inputs}, the inputs of its first layer`,
  });
}
