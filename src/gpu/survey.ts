import { describeAdapter, isSoftware, requestAdapter } from './adapter.js';
import { listAdapters } from './listing.js';
import { pick } from './traits.js';

/** One adapter that Dawn offers on this machine. */
export interface SurveyedAdapter {
  /**
   * As `--adapter` takes it (any part of it will do), and as Dawn calls the driver's interface: `vulkan`,
   * `metal`, `d3d12`.
   */
  readonly name: string;
  readonly backend: string;
  /** As it is named in every output; null if Dawn lists the adapter and then does not hand it out. */
  readonly description: string | null;
  readonly kind: AdapterKind;
  readonly vendor: string;
  readonly architecture: string;
  /** The features that the engine makes use of. */
  readonly subgroups: boolean;
  readonly timestamps: boolean;
  /** Lanes; 0 where it does not say. */
  readonly subgroupMinSize: number;
  readonly subgroupMaxSize: number;
  /**
   * What the adapter offers, in bytes and counts. The engine asks for the defaults, and for larger buffers
   * where a training needs them.
   */
  readonly limits: Readonly<Record<ToldLimit, number>> | null;
}

export type AdapterKind = 'discrete' | 'integrated' | 'hardware' | 'software';

const toldLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
] as const;

export type ToldLimit = (typeof toldLimits)[number];

/**
 * Every adapter that Dawn offers, in its order. Requests each of them once and opens none.
 * @returns an empty list where there is none; never throws for a lack of adapters
 */
export async function surveyAdapters(): Promise<SurveyedAdapter[]> {
  const survey: SurveyedAdapter[] = [];
  // Never throws: what keeps Dawn from loading is told where an adapter is opened.
  const listed = await listAdapters().catch(() => []);
  for (const { backend, name } of listed) survey.push(await examine(backend, name));
  return survey;
}

async function examine(backend: string, name: string): Promise<SurveyedAdapter> {
  const adapter = await handOut(backend, name);
  const info = adapter?.info;
  return {
    name,
    backend,
    description: info === undefined ? null : describeAdapter(info),
    kind: info === undefined ? 'hardware' : kindOf(info, name),
    vendor: info?.vendor ?? '',
    architecture: info?.architecture ?? '',
    subgroups: adapter?.features.has('subgroups') ?? false,
    timestamps: adapter?.features.has('timestamp-query') ?? false,
    subgroupMinSize: info?.subgroupMinSize ?? 0,
    subgroupMaxSize: info?.subgroupMaxSize ?? 0,
    limits: adapter === null ? null : pick(adapter.limits, toldLimits),
  };
}

async function handOut(backend: string, name: string): Promise<GPUAdapter | null> {
  try {
    return await requestAdapter({ adapter: name, instanceOptions: [`backend=${backend}`] });
  } catch {
    return null;
  }
}

/**
 * WebGPU does not tell discrete from integrated; the vendors whose adapters are all of one kind, or nearly,
 * do.
 */
export function kindOf(info: GPUAdapterInfo, name: string): AdapterKind {
  if (isSoftware(info)) return 'software';
  const vendor = info.vendor.toLowerCase();
  if (vendor === 'nvidia' && !/tegra|orin|xavier/i.test(name)) return 'discrete';
  if (vendor === 'intel') return /\barc\b/i.test(name) ? 'discrete' : 'integrated';
  if (['apple', 'arm', 'qualcomm', 'img-tec', 'broadcom'].includes(vendor)) return 'integrated';
  return 'hardware';
}
