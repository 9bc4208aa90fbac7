import { globals } from 'webgpu';

/** WebGPU's usage flags; the bindings keep them off `globalThis`, and so do we. */
export const bufferUsage = (globals as { GPUBufferUsage: typeof GPUBufferUsage }).GPUBufferUsage;
export const mapMode = (globals as { GPUMapMode: typeof GPUMapMode }).GPUMapMode;
export const shaderStage = (globals as { GPUShaderStage: typeof GPUShaderStage }).GPUShaderStage;
