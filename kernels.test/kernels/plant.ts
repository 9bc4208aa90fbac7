/** Where faults in shaders are looked for: which kernels a file is part of, and what their detectors find. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import { type ProductVariant, runnableVariants } from '../../src/kernels/index.js';
import { detectors } from './detectors.js';

const shaders = fileURLToPath(new URL('../../shaders/', import.meta.url));

/**
 * Every shader that trains or measures a training, by its path in shaders/, with its text. The ceilings' are
 * held to nothing.
 */
export function shaderFiles(read: (path: string) => string): ReadonlyMap<string, string> {
  const names = readdirSync(shaders, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.wgsl') && !name.startsWith('ceiling_'))
    .sort();
  return new Map(names.map((name) => [name, read(shaders + name)]));
}

/** A kernel in one of its variants. */
export interface Job {
  readonly kernel: string;
  readonly variant: ProductVariant | null;
}

/** In the order of the time that a software adapter takes to compile them. */
const quickFirst: readonly (ProductVariant | null)[] = [
  null,
  'register',
  'wide',
  'split',
  'subgroup8_low',
  'subgroup8',
  'tile',
  'tile128',
];

/**
 * The kernels, with their variants, whose text a file is part of, and that the adapter can run; the quickest
 * first.
 */
export function jobsOf(file: string, files: ReadonlyMap<string, string>, traits: AdapterTraits): Job[] {
  const runnable: readonly (ProductVariant | null)[] = [null, ...runnableVariants(traits)];
  const jobs = Object.entries(detectors).flatMap(([kernel, { variants }]) =>
    variants
      .filter((variant) => runnable.includes(variant) && includes(`${kernel}.wgsl`, variant, files).has(file))
      .map((variant): Job => ({ kernel, variant })),
  );
  return jobs.sort((a, b) => quickFirst.indexOf(a.variant) - quickFirst.indexOf(b.variant));
}

/** A file and all that it includes, however deep. */
function includes(
  file: string,
  variant: ProductVariant | null,
  files: ReadonlyMap<string, string>,
): Set<string> {
  const found = new Set([file]);
  for (const [, target] of files.get(file)!.matchAll(/^\/\/!include (\S+)$/gm)) {
    const path = target === 'product.wgsl' ? `lib/${variant!}/product.wgsl` : target!;
    for (const each of includes(path, variant, files)) found.add(each);
  }
  return found;
}

/** Whether only kernels with a matrix product show what a file does: these take long to compile. */
export function isPartOfProducts(file: string, files: ReadonlyMap<string, string>): boolean {
  return Object.entries(detectors).every(
    ([kernel, { variants }]) =>
      !variants.includes(null) || !includes(`${kernel}.wgsl`, null, files).has(file),
  );
}

/** Runs one kernel as its detector says. @returns the first line of what was found; null: nothing is */
export async function detect(gpu: Gpu, { kernel, variant }: Job): Promise<string | null> {
  const cuts = variant === null ? [gpu.traits.software, !gpu.traits.software] : [gpu.traits.software];
  const tuning = variant === null ? [] : [{ variant }];
  for (const software of cuts) {
    for (const run of detectors[kernel]!.runs) {
      try {
        await run(gpu, { ...gpu.traits, software, tuning });
      } catch (error) {
        return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
      }
    }
  }
  return null;
}

/** Runs kernels until one shows that something is wrong. @returns what was found; null: nothing is */
export async function search(gpu: Gpu, jobs: readonly Job[]): Promise<string | null> {
  for (const job of jobs) {
    const found = await detect(gpu, job);
    if (found !== null) return found;
  }
  return null;
}
