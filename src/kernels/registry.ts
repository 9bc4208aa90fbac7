import { EngineError } from '../base/errors.js';
import type { AdapterTraits } from '../gpu/index.js';
import { batchKernels } from './batch.js';
import { clipKernels } from './clip.js';
import { denseKernels } from './dense.js';
import { elementwiseKernels } from './elementwise.js';
import { checked } from './guard.js';
import type { Configuration, KernelCall, KernelRecord } from './kernel.js';
import { reflect, type Reflection } from './reflect.js';
import { layersKernels } from './layers.js';
import { loadSource, type ProductVariant } from './source.js';

const records = { ...batchKernels, ...denseKernels, ...layersKernels, ...elementwiseKernels, ...clipKernels };

/** Of a file in shaders/, without .wgsl. */
export type KernelName = keyof typeof records;

export interface Kernel extends Pick<KernelRecord, 'product'> {
  readonly name: KernelName;
  /**
   * Chooses variant, constants, parameters and grid for a call.
   * @throws EngineError `bug` if the operands do not fit together
   */
  readonly configure: (call: KernelCall, traits: AdapterTraits) => Configuration;
}

/** Every kernel, one per file in shaders/. */
export const kernels: readonly Kernel[] = Object.entries<KernelRecord>(records).map(([name, record]) => ({
  ...record,
  name: name as KernelName,
  configure: (call, traits) => ({
    variant: null,
    constants: {},
    ...record.configure(checked(name, call), traits),
  }),
}));

const byName = new Map<string, Kernel>(kernels.map((kernel) => [kernel.name, kernel]));

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
