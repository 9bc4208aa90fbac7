/**
 * WebGPU's flags, as the specification numbers them
 * (https://www.w3.org/TR/webgpu/#namespacedef-gpubufferusage). Written out because not every implementation
 * puts them on `globalThis`.
 */
export const bufferUsage = {
  MAP_READ: 0x1,
  COPY_SRC: 0x4,
  COPY_DST: 0x8,
  UNIFORM: 0x40,
  STORAGE: 0x80,
  QUERY_RESOLVE: 0x200,
} as const;
export const mapMode = { READ: 0x1 } as const;
export const shaderStage = { COMPUTE: 0x4 } as const;
