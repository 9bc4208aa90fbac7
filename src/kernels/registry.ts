import { EngineError } from '../base/errors.js';
import { confusion, gather, reduceMetrics, softmaxCrossEntropy } from './batch.js';
import { ceilingCopy, ceilingFma } from './ceiling.js';
import {
  denseBackwardBias,
  denseBackwardInput,
  denseBackwardInputActivation,
  denseBackwardParameters,
  denseBackwardParametersAdamw,
  denseBackwardParametersImages,
  denseBackwardParametersImagesAdamw,
  denseBackwardWeights,
} from './dense-backward.js';
import { denseForward, denseForwardImages, denseSoftmaxCrossEntropy } from './dense-forward.js';
import {
  adamw,
  dropoutBackward,
  dropoutForward,
  nonfinite,
  reluBackward,
  reluForward,
} from './elementwise.js';
import type { Kernel } from './kernel.js';
import { reflect, type Reflection } from './reflect.js';
import { loadSource, type ProductVariant } from './source.js';

/** Every kernel, one per file in shaders/. */
export const kernels: readonly Kernel[] = [
  gather,
  denseForward,
  denseForwardImages,
  denseSoftmaxCrossEntropy,
  denseBackwardInput,
  denseBackwardInputActivation,
  denseBackwardWeights,
  denseBackwardBias,
  denseBackwardParameters,
  denseBackwardParametersImages,
  denseBackwardParametersAdamw,
  denseBackwardParametersImagesAdamw,
  reluForward,
  reluBackward,
  dropoutForward,
  dropoutBackward,
  softmaxCrossEntropy,
  reduceMetrics,
  confusion,
  adamw,
  nonfinite,
  ceilingFma,
  ceilingCopy,
];

const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));

/** @throws EngineError `bug` for an unknown name */
export function kernelNamed(name: string): Kernel {
  const kernel = byName.get(name);
  if (kernel === undefined) {
    throw new EngineError('bug', `there is no kernel ${name}`, { expected: [...byName.keys()].join(', ') });
  }
  return kernel;
}

/** A kernel's text with its includes, and what the host must know of it. */
export interface KernelSource {
  readonly code: string;
  readonly reflection: Reflection;
}

const sources = new Map<string, KernelSource>();

/** Loads and reflects a kernel in one variant; each is read once. */
export function kernelSource(name: string, variant: ProductVariant | null): KernelSource {
  const key = `${name}/${variant ?? ''}`;
  const known = sources.get(key);
  if (known !== undefined) return known;
  const code = loadSource(name, variant);
  const source = { code, reflection: reflect(name, code) };
  sources.set(key, source);
  return source;
}
