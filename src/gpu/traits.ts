/**
 * What planning needs to know of an adapter: plain data, so that plans can be made and tested without a
 * device.
 */
export interface AdapterTraits {
  /** Runs on the CPU (lavapipe, SwiftShader, WARP): other kernel variants win there. */
  readonly software: boolean;
  /** Which software driver it is, where the rules know one apart from the others. */
  readonly softwareDriver?: 'swiftshader';
  /** Lanes per subgroup, if the adapter has subgroups of one fixed size; otherwise null. */
  readonly subgroupSize: number | null;
  readonly limits: PlanLimits;
  /**
   * Choices that come before the rules of src/kernels, first match first; from a tuning file that the user
   * named.
   */
  readonly tuning?: readonly TuningEntry[];
}

/** One choice of a kernel's variant. A key that is left out matches everything. */
export interface TuningEntry {
  readonly kernel?: string;
  readonly rows?: number;
  readonly columns?: number;
  readonly inner?: number;
  readonly variant: string;
}

/**
 * The limits that a plan is checked against: of buffers the adapter's, of all else the device's. Units:
 * bytes, workgroups.
 */
export interface PlanLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly minStorageBufferOffsetAlignment: number;
  readonly minUniformBufferOffsetAlignment: number;
}

/** The limits that the engine asks an adapter to raise, for buffers that need it. */
export const bufferLimits = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const;
export type BufferLimits = Pick<PlanLimits, (typeof bufferLimits)[number]>;

/** The limits that every WebGPU device has. */
export const defaultLimits: PlanLimits = {
  maxBufferSize: 268_435_456,
  maxStorageBufferBindingSize: 134_217_728,
  maxComputeWorkgroupsPerDimension: 65_535,
  minStorageBufferOffsetAlignment: 256,
  minUniformBufferOffsetAlignment: 256,
};

/**
 * What kernels need beside it: the defaults again, of which adapters in WebGPU's compatibility mode have
 * less. Every kernel keeps within these, in each variant that a rule can choose.
 */
export const kernelLimits = {
  maxStorageBuffersPerShaderStage: 8,
  maxUniformBuffersPerShaderStage: 12,
  maxUniformBufferBindingSize: 65_536,
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupSizeX: 256,
} as const;

/**
 * Some of an object's properties as a plain record: WebGPU's own objects read as empty where records are
 * written.
 */
export function pick<T, K extends keyof T>(object: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, object[key]])) as Pick<T, K>;
}
