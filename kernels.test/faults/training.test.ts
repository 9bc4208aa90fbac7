import { expect, test, vi } from 'vitest';
import { howMany } from '../modes.js';
import { faultsOf, kernelFaultsOf, startFaults } from './catalogue.js';
import { faultSuite } from './suite.js';
import { training } from './work.js';

vi.mock('webgpu', async (original) => (await import('./arm.js')).armedPackage(original));

const counts = [
  await faultSuite('a training', training(), (calls) => [...startFaults, ...faultsOf(calls, howMany(2, 50))]),
  await faultSuite('a training with one kernel per op', training({ fuse: false }), (calls) =>
    howMany(0, 1) === 0 ? kernelFaultsOf(calls) : faultsOf(calls, 50),
  ),
];

test('at least 200 faults happened', () => {
  const happened = counts.reduce((sum, count) => sum + count(), 0);
  console.info(`${happened} faults injected`);
  expect(happened).toBeGreaterThanOrEqual(200);
});
