import { EngineError } from '../base/errors.js';
import { adapterAt, isIndex, listAdapters } from './listing.js';
import { defaultLimits, kernelLimits } from './traits.js';
import { platform, type WebgpuOptions } from '../platform/index.js';

/** How to find an adapter, and what to ask of it; `adapter` may be an index in Dawn's order, too. */
export interface AdapterOptions extends WebgpuOptions {
  /**
   * Features to ask for where the adapter has them; all that the engine can use if left out (used by tests).
   */
  readonly features?: readonly GPUFeatureName[];
}

/**
 * Finds a WebGPU adapter. There is no other way to compute: none found is an error.
 * @throws EngineError `no-adapter`
 */
export async function requestAdapter(options: AdapterOptions = {}): Promise<GPUAdapter> {
  try {
    const gpu = await platform.webgpu(await withName(options));
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter !== null) return adapter;
  } catch (cause) {
    throw cause instanceof EngineError ? cause : noAdapter(options, cause);
  }
  throw noAdapter(options);
}

/** Dawn's bindings open an adapter by its name: an index becomes the name that is there. */
async function withName(options: AdapterOptions): Promise<WebgpuOptions> {
  const { adapter, instanceOptions = [] } = options;
  if (adapter === undefined || !isIndex(adapter)) return options;
  const { name, backend } = adapterAt(await listAdapters(), Number(adapter));
  return { adapter: name, instanceOptions: [...instanceOptions, `backend=${backend}`] };
}

function noAdapter({ adapter }: AdapterOptions, cause?: unknown): EngineError {
  const named = adapter === undefined ? '' : ` whose name contains "${adapter}"`;
  const reason = cause instanceof Error ? `: ${cause.message.split('\n')[0] ?? ''}` : '';
  const { found, remedy } = platform.withoutAdapter();
  return new EngineError('no-adapter', `no WebGPU adapter${named} was found${reason}`, {
    found,
    expected: 'a GPU with its driver, or a software Vulkan driver (there is no CPU fallback)',
    remedy: adapter === undefined ? remedy : 'leave out --adapter, or name one that this machine has',
    cause,
  });
}

/**
 * Makes sure that kernels run there at all, instead of failing later one by one.
 * @throws EngineError `no-adapter` if it has less than WebGPU's default limits, as in compatibility mode
 */
export function requireDefaultLimits({ info, limits }: Pick<GPUAdapter, 'info' | 'limits'>): void {
  const lower = Object.entries({ ...defaultLimits, ...kernelLimits }).flatMap(([name, needed]) => {
    const found = limits[name as keyof typeof kernelLimits];
    return (name.startsWith('min') ? found > needed : found < needed) ? [{ name, found, needed }] : [];
  });
  if (lower.length === 0) return;
  throw new EngineError(
    'no-adapter',
    `the adapter "${describeAdapter(info)}" has less than WebGPU's default limits`,
    {
      found: lower.map(({ name, found }) => `${name} ${found}`).join(', '),
      expected: lower.map(({ name, needed }) => `${name} ${needed}`).join(', '),
      remedy: platform.advice.noDevice,
    },
  );
}

/** True for drivers that compute on the CPU. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  if (info.isFallbackAdapter) return true;
  return /llvmpipe|lavapipe|swiftshader|basic render|\bwarp\b/i.test(
    `${info.device} ${info.description} ${info.architecture}`,
  );
}

/** True for SwiftShader, the software driver of Chromium: a page sees no more of it than the architecture. */
export function isSwiftShader(info: GPUAdapterInfo): boolean {
  return /swiftshader/i.test(`${info.device} ${info.description} ${info.architecture}`);
}

/**
 * One line that names an adapter in every output: the device, and the driver with its version as far as it
 * says.
 */
export function describeAdapter(info: GPUAdapterInfo): string {
  const device = (info.device || info.architecture || info.vendor || 'unnamed adapter').replace(/-+$/, '');
  // A software driver's description already says what it is, with versions; its device name repeats that as a
  // slug.
  if (info.description && isSoftware(info)) return info.description;
  return info.description && info.description !== device ? `${device} (${info.description})` : device;
}
