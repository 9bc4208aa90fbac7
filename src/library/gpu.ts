import { openGpu as openEngineGpu } from '../gpu/index.js';

/**
 * An open WebGPU device.
 *
 * A program that imports this package sees no more of it: so its types hold no name of the WebGPU API, and
 * compile with `@webgpu/types`, with TypeScript's own DOM library, and with neither.
 */
export interface Gpu {
  /** The adapter and its driver in one line. */
  readonly description: string;
  /** Whether the CPU runs the shaders (lavapipe, SwiftShader, WARP). */
  readonly software: boolean;
  /** Gives the device back; what is asked of it afterwards fails. */
  close(): void;
}

/** Which adapter to open. */
export interface OpenOptions {
  /** Where there are several: its index in Dawn's order, or part of its name; any adapter if left out. */
  readonly adapter?: string;
}

/**
 * Opens a device on a WebGPU adapter.
 * @throws EngineError `no-adapter`: there is none, or none of that name. There is no CPU fallback.
 */
export async function openGpu({ adapter }: OpenOptions = {}): Promise<Gpu> {
  return openEngineGpu(adapter === undefined ? {} : { adapter });
}
