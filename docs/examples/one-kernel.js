/** One kernel by itself, on arrays: a dense layer with ReLU. node docs/examples/one-kernel.js */
import { describeKernel, kernelNames, openGpu, runKernel } from 'wgsl-train';

console.log(`kernels: ${kernelNames.join(', ')}\n`);
console.log(describeKernel('dense_forward').documentation);

const gpu = await openGpu();
const result = await runKernel(gpu, 'dense_forward', {
  inputs: {
    x: { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    w: { shape: [3, 2], data: Float32Array.of(1, -1, 0, 2, 1, -2) },
    b: { shape: [2], data: Float32Array.of(0.5, 0) },
  },
  outputs: { y: [2, 2] },
  attributes: { relu: 1 },
});
gpu.close();

console.log(`\n${result.kernel} on ${gpu.description}`);
console.log(`y = ${result.f32('y').join(', ')}`);
