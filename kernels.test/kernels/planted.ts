/**
 * The text of one shader file, replaced. A test file that plants faults needs, because mocks come before
 * imports:
 *
 *   vi.mock('node:fs', async (original) => (await import('./planted.js')).replaceFs(await original()));
 *   vi.mock('../../src/kernels/registry.js', async (original) =>
 *     (await import('./planted.js')).replaceRegistry(await original()));
 */
import type * as FileSystem from 'node:fs';
import type * as Registry from '../../src/kernels/registry.js';

/** The file in shaders/ that reads otherwise; null: none does. */
let planted: { readonly file: string; readonly text: string } | null = null;

/** Runs `work` with another text of one shader file. */
export async function withText<T>(file: string, text: string, work: () => Promise<T>): Promise<T> {
  planted = { file, text };
  try {
    return await work();
  } finally {
    planted = null;
  }
}

/** node:fs, but for the file that is replaced. */
export function replaceFs(original: typeof FileSystem): typeof FileSystem {
  const readFileSync = ((path: unknown, ...rest: unknown[]) => {
    if (planted !== null && path instanceof URL && path.pathname.endsWith(`/shaders/${planted.file}`))
      return planted.text;
    return (original.readFileSync as (...args: unknown[]) => unknown)(path, ...rest);
  }) as typeof original.readFileSync;
  return { ...original, readFileSync };
}

/** The registry, which otherwise reads each shader once. */
export async function replaceRegistry(original: typeof Registry): Promise<typeof Registry> {
  const { loadSource } = await import('../../src/kernels/source.js');
  return {
    ...original,
    kernelSource: (name, variant) => {
      const fault = planted;
      planted = null;
      // What the host knows of a kernel is read from its true text, and kept.
      const source = original.kernelSource(name, variant);
      planted = fault;
      return fault === null ? source : { ...source, code: loadSource(name, variant) };
    },
  };
}
