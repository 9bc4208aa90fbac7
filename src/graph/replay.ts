import type { Gpu } from '../gpu/index.js';
import type { Program } from './program.js';

/**
 * Records steps `first .. first + count - 1` of the step table in one command buffer. Submits it; does not
 * wait.
 * @param active trials that still train
 * @throws the first error that the GPU has reported so far
 */
export function replay(gpu: Gpu, program: Program, first: number, count: number, active: number): void {
  gpu.check();
  const encoder = gpu.device.createCommandEncoder({ label: `steps ${first} to ${first + count - 1}` });
  const pass = encoder.beginComputePass();
  for (let step = first; step < first + count; step++) program.encode(pass, step, active);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}
