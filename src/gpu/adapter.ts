import { tmpdir } from 'node:os';
import { create } from 'webgpu';
import { EngineError } from '../base/errors.js';

/** How to find an adapter. */
export interface AdapterOptions {
  /** Part of the adapter's name, as Dawn's `adapter=` takes it; any adapter if left out. */
  readonly adapter?: string;
  /** Further Dawn instance options, such as `enable-dawn-features=...` (used by tests). */
  readonly instanceOptions?: readonly string[];
  /** Features to ask for where the adapter has them; all that the engine can use if left out (used by tests). */
  readonly features?: readonly GPUFeatureName[];
}

/**
 * Instances and adapters stay referenced for the life of the process: once both can be collected, Dawn's bindings
 * crash in their finalisers (measured: 13 of 13 runs).
 */
const held: unknown[] = [];

/**
 * Finds a WebGPU adapter. There is no other way to compute: none found is an error.
 * @throws EngineError `no-adapter`
 */
export async function requestAdapter(options: AdapterOptions = {}): Promise<GPUAdapter> {
  // Without it the Vulkan loader complains on stderr in every container and CI job.
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const flags = ['disable-dawn-features=timestamp_quantization', ...(options.instanceOptions ?? [])];
  if (options.adapter !== undefined) flags.push(`adapter=${options.adapter}`);
  let adapter: GPUAdapter | null;
  try {
    const gpu = create(flags);
    held.push(gpu);
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (cause) {
    throw noAdapter(options, cause);
  }
  if (adapter === null) throw noAdapter(options);
  held.push(adapter);
  return adapter;
}

function noAdapter(options: AdapterOptions, cause?: unknown): EngineError {
  const named = options.adapter === undefined ? '' : ` whose name contains "${options.adapter}"`;
  const driverFiles = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  const reason = cause instanceof Error ? `: ${cause.message.split('\n')[0] ?? ''}` : '';
  return new EngineError('no-adapter', `no WebGPU adapter${named} was found${reason}`, {
    found: `${backendName()} on ${process.platform}-${process.arch}${
      driverFiles === undefined ? '' : `, limited to VK_DRIVER_FILES=${driverFiles}`
    }`,
    expected: 'a GPU with its driver, or a software Vulkan driver (there is no CPU fallback)',
    remedy: remedy(options),
    cause,
  });
}

function backendName(): string {
  if (process.platform === 'darwin') return 'no Metal device';
  if (process.platform === 'win32') return 'no Direct3D 12 device';
  return 'no usable Vulkan driver';
}

function remedy(options: AdapterOptions): string {
  if (options.adapter !== undefined) return 'leave out --adapter, or name one that this machine has';
  if (process.platform === 'linux') {
    return 'run ./scripts/setup.sh, or install your GPU driver; without a GPU: mesa-vulkan-drivers 23 or newer';
  }
  return 'update the graphics driver and the operating system';
}

/** True for drivers that compute on the CPU. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  if (info.isFallbackAdapter) return true;
  return /llvmpipe|lavapipe|swiftshader|basic render|\bwarp\b/i.test(
    `${info.device} ${info.description} ${info.architecture}`,
  );
}

/** One line that names an adapter in every output: the device, and the driver with its version as far as it says. */
export function describeAdapter(info: GPUAdapterInfo): string {
  const device = (info.device || info.architecture || info.vendor || 'unnamed adapter').replace(/-+$/, '');
  // A software driver's description already says what it is, with versions; its device name repeats that as a slug.
  if (info.description && isSoftware(info)) return info.description;
  return info.description && info.description !== device ? `${device} (${info.description})` : device;
}
