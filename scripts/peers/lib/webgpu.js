/**
 * Gives libraries that were written for browsers the WebGPU of this project: the same package, driver and
 * adapter.
 */
import { tmpdir } from 'node:os';
import { create, globals } from 'webgpu';

/** Puts `navigator.gpu` in place. @param adapter part of the adapter's name; any adapter if left out */
export function installWebgpu(adapter) {
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  Object.assign(globalThis, globals);
  const gpu = create(adapter === undefined ? [] : [`adapter=${adapter}`]);
  // Newer versions of Node have a navigator of their own, which cannot be assigned to.
  const navigator = { gpu, userAgent: 'Node.js', hardwareConcurrency: 1 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}

/** What the adapter calls itself. */
export async function adapterName() {
  const { info } = await globalThis.navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  return info.description || info.device;
}
