import { expect, test } from 'vitest';
import { fingerprintDifference, fingerprintOf } from './fingerprint.js';
import { defaultLimits } from './traits.js';

const gpu = (software: boolean, subgroupSize: number | null = 8) => ({
  adapter: {
    info: { vendor: 'mesa', architecture: '', device: 'llvmpipe', description: 'Mesa 25' } as GPUAdapterInfo,
    features: new Set(['subgroups']) as unknown as GPUSupportedFeatures,
    limits: { maxBufferSize: 1 } as GPUSupportedLimits,
  },
  traits: { software, subgroupSize, limits: defaultLimits },
  software,
});

test('a fingerprint has what the bits depend on, and the CPU only where it computes', () => {
  const found = fingerprintOf(gpu(true));
  expect(found).toMatchObject({
    device: 'mesa llvmpipe',
    driver: 'Mesa 25',
    'subgroup size': '8',
    tuning: 'none',
  });
  expect(found['webgpu (Dawn)']).toMatch(/^\d+\./);
  expect(found['CPU features']).not.toBe('');
  expect(fingerprintOf(gpu(false))).not.toHaveProperty('CPU features');
  expect(
    fingerprintOf({ ...gpu(true), traits: { ...gpu(true).traits, tuning: [{ variant: 'tile' }] } }).tuning,
  ).toMatch(/^sha256 [0-9a-f]{64}$/);
});

test('what makes a software driver use less of the CPU is another fingerprint', () => {
  const before = fingerprintOf(gpu(true));
  process.env.GALLIUM_OVERRIDE_CPU_CAPS = 'sse4.1';
  try {
    const difference = fingerprintDifference(before, fingerprintOf(gpu(true)));
    expect(difference?.[1]).toMatch(/^CPU features: .*GALLIUM_OVERRIDE_CPU_CAPS=sse4.1/);
  } finally {
    delete process.env.GALLIUM_OVERRIDE_CPU_CAPS;
  }
});

test('a difference names what differs', () => {
  expect(fingerprintDifference(fingerprintOf(gpu(true)), fingerprintOf(gpu(true)))).toBeNull();
  expect(fingerprintDifference({ a: '1', b: '2' }, { a: '1', b: '3' })).toEqual(['b: 2', 'b: 3']);
  const many = 'a b c d e f g h';
  expect(fingerprintDifference({ a: many }, { a: `${many} i`.slice(2) })).toEqual([
    'a: with a, without i',
    'a: with i, without a',
  ]);
  expect(fingerprintDifference({ a: '1' }, { a: '1', b: '3' })).toEqual(['b: unknown', 'b: 3']);
});
