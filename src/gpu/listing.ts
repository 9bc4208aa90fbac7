import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';

/** An adapter as Dawn lists it. */
export interface Listed {
  readonly backend: string;
  readonly name: string;
}

/**
 * The adapters that Dawn offers, in its order; none where there is none. Dawn's bindings have no call that
 * lists adapters, but an unknown name is refused with the list of the known ones.
 * @throws EngineError `no-adapter` where WebGPU cannot be loaded
 */
export async function listAdapters(): Promise<readonly Listed[]> {
  const gpu = await platform.webgpu({ adapter: 'no adapter has this name' });
  try {
    await gpu.requestAdapter();
    return [];
  } catch (error) {
    return parseListing(error instanceof Error ? error.message : String(error));
  }
}

/**
 * The adapters in Dawn's refusal: lines such as ` * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256
 * bits)'`.
 */
export function parseListing(message: string): readonly Listed[] {
  const lines = message.matchAll(/^ *\* backend: '([^']*)', name: '(.*)'$/gm);
  return Array.from(lines, ([, backend, name]) => ({ backend: backend!, name: name! }));
}

/**
 * The adapter that Dawn's bindings open under the name of another: they open by a part of the name alone, and
 * take the first that has it.
 * @returns its index; `index` itself where the name tells
 */
export function openedInstead(listed: readonly Listed[], index: number): number {
  const { backend, name } = listed[index]!;
  return listed.findIndex((each) => each.backend === backend && each.name.includes(name));
}

/** Numbers of three digits and more are names: 4090. */
export function isIndex(adapter: string): boolean {
  return /^\d{1,2}$/.test(adapter);
}

/**
 * The adapter at an index.
 * @throws EngineError `no-adapter` if there is none, or if Dawn cannot tell it apart
 */
export function adapterAt(listed: readonly Listed[], index: number): Listed {
  const found = listed[index];
  if (found === undefined)
    throw new EngineError('no-adapter', `there is no adapter ${index}`, {
      found: listed.map(({ name }, i) => `${i}: ${name}`).join('; ') || 'no adapter',
      expected: 'an index as doctor shows it, from 0 on, or part of a name',
      remedy: 'choose another --adapter, or leave it out',
    });
  const first = openedInstead(listed, index);
  if (first === index) return found;
  throw new EngineError('no-adapter', `adapter ${index} cannot be told apart from adapter ${first}`, {
    found: `${first}: ${listed[first]!.name}; ${index}: ${found.name}; Dawn opens the first of this name`,
    expected: 'a process that sees one GPU of this name',
    remedy: 'hide the other one from the process, as docs/many-machines.md says under "Which GPU"',
  });
}
