/**
 * Faults in everything that uses a device: a training at all its calls, other work at least where it makes
 * calls of its own.
 */
import { expect, test, vi } from 'vitest';
import { howMany, isLong } from '../testing/modes.js';
import type { Site } from './testing/calls.js';
import { faultsOf, firstFaultsOf, kernelFaultsOf, startFaults } from './testing/catalogue.js';
import { quickWorks, slowWorks } from './testing/other-work.js';
import { faultSuite } from './testing/suite.js';
import { training } from './testing/work.js';

vi.mock('webgpu', async (original) => (await import('./testing/arm.js')).armedPackage(original));

const counts = [
  await faultSuite('a training', training(), (calls) => [...startFaults, ...faultsOf(calls, howMany(1, 50))]),
  await faultSuite('a training with one kernel per op', training({ fuse: false }), (calls) =>
    isLong ? faultsOf(calls, 50) : kernelFaultsOf(calls),
  ),
];

/** Sites that a training alone never calls. */
const onlyElsewhere: readonly Site[] = ['createQuerySet', 'resolveQuerySet', 'onSubmittedWorkDone'];
/** Of the faults at other sites the usual run takes one in so many. */
const share = howMany(5, 1);

for (const [name, { work, buffers }] of Object.entries({ ...quickWorks, ...(isLong && slowWorks) }))
  counts.push(
    await faultSuite(name, work, (calls) =>
      firstFaultsOf(calls, buffers).filter(
        ({ site }, index) => index % share === 0 || onlyElsewhere.includes(site),
      ),
    ),
  );

test('at least 200 faults happened', () => {
  const happened = counts.reduce((sum, count) => sum + count(), 0);
  console.info(`${happened} faults injected`);
  expect(happened).toBeGreaterThanOrEqual(200);
});
