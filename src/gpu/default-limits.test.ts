import { expect, test } from 'vitest';
import { requireDefaultLimits } from './adapter.js';
import { defaultLimits, kernelLimits } from './traits.js';

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
