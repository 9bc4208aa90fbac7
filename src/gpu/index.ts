export { describeAdapter, isSoftware, type AdapterOptions } from './adapter.js';
export {
  Readback,
  readBuffer,
  readRanges,
  storageBuffer,
  uniformBuffer,
  write,
  type BufferRange,
} from './buffers.js';
export { Gpu, openGpu, type BufferCount, type GpuOptions } from './gpu.js';
export type { CachedPipeline, PipelineSource } from './pipelines.js';
export { PassTimer, type PassTime } from './timestamps.js';
export {
  bufferLimits,
  defaultLimits,
  pick,
  type AdapterTraits,
  type BufferLimits,
  type PlanLimits,
  type TuningEntry,
} from './traits.js';
export { bufferUsage, shaderStage } from './usage.js';
