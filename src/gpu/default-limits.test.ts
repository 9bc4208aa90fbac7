import { expect, test } from 'vitest';
import { requireDefaultLimits } from './adapter.js';
import { openGpu } from './gpu.js';
import { bufferLimits, defaultLimits, kernelLimits, pick } from './traits.js';

const adapter = (limits: Partial<Record<keyof GPUSupportedLimits, number>>) => ({
  info: { vendor: 'arm', architecture: '', device: '', description: '' } as GPUAdapterInfo,
  limits: { ...defaultLimits, ...kernelLimits, ...limits } as unknown as GPUSupportedLimits,
});

test('an adapter with the default limits, or better ones, will do', () => {
  requireDefaultLimits(adapter({}));
  requireDefaultLimits(adapter({ maxBufferSize: 2 ** 40, minStorageBufferOffsetAlignment: 32 }));
});

test('an adapter in compatibility mode is refused, with the limits that are too low', () => {
  const compatibility = { maxStorageBuffersPerShaderStage: 4, maxComputeInvocationsPerWorkgroup: 128 };
  expect(() => {
    requireDefaultLimits(adapter(compatibility));
  }).toThrow(
    expect.objectContaining({
      kind: 'no-adapter',
      message: 'the adapter "arm" has less than WebGPU\'s default limits',
      found: 'maxStorageBuffersPerShaderStage 4, maxComputeInvocationsPerWorkgroup 128',
      expected: 'maxStorageBuffersPerShaderStage 8, maxComputeInvocationsPerWorkgroup 256',
      remedy: expect.stringContaining('driver') as unknown,
    }),
  );
  expect(() => {
    requireDefaultLimits(adapter({ minUniformBufferOffsetAlignment: 512 }));
  }).toThrow(expect.objectContaining({ found: 'minUniformBufferOffsetAlignment 512' }));
});

test('larger buffers are asked for only by who needs them, once, and closed with the device', async () => {
  const gpu = await openGpu();
  const most = defaultLimits.maxStorageBufferBindingSize;
  expect(pick(gpu.device.limits, bufferLimits)).toEqual(pick(defaultLimits, bufferLimits));
  expect(gpu.raisedLimits(most)).toEqual({});
  expect(await gpu.forBuffers(most)).toBe(gpu);
  const larger = await gpu.forBuffers(most + 4);
  expect(larger).not.toBe(gpu);
  expect(await gpu.forBuffers(most + 8)).toBe(larger);
  expect(pick(larger.device.limits, bufferLimits)).toEqual(pick(gpu.adapter.limits, bufferLimits));
  expect(gpu.raisedLimits(most + 4)).toEqual(pick(gpu.adapter.limits, bufferLimits));
  // What is planned does not depend on the device that runs it.
  expect(larger.traits).toEqual(gpu.traits);
  expect(larger.description).toBe(gpu.description);
  gpu.close();
  expect((await larger.device.lost).reason).toBe('destroyed');
});
