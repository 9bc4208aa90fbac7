import { describe, expect, it } from 'vitest';
import { tellLoad, tellMachine, watchMachine } from './machine.js';
import { createOutput } from '../../cli/output.js';
import { capture } from '../../testing/capture.js';

/** A machine whose clocks stand still but between the two readings of a sample. */
function fakeMachine(samples: readonly { readonly idle: number; readonly all: number }[]) {
  let now = { idle: 1000, all: 5000 };
  let index = 0;
  return watchMachine(
    () => now,
    () => {
      const { idle, all } = samples[index++]!;
      now = { idle: now.idle + idle, all: now.all + all };
      return Promise.resolve();
    },
  );
}

describe('the machine', () => {
  it('is as busy as its samples together', async () => {
    const watch = fakeMachine([
      { idle: 100, all: 100 },
      { idle: 60, all: 100 },
      { idle: 0, all: 200 },
    ]);
    expect(watch.share()).toBe(0);
    await watch.sample();
    expect(watch.share()).toBe(0);
    await watch.sample();
    expect(watch.share()).toBe(0.2);
    await watch.sample();
    expect(watch.share()).toBe(0.6);
  });

  it.each([
    [100, false],
    [95, false],
    [80, true],
  ])('idle for %d %% of a sample: a warning is %s', async (idle, warned) => {
    const [stdout, stderr] = [capture(), capture()];
    const watch = fakeMachine([{ idle, all: 100 }]);
    await watch.sample();
    const text = tellMachine(createOutput({ stdout, stderr, json: true, quiet: false }), watch);
    expect(text).toContain(`others kept ${100 - idle} % of this machine's`);
    expect(text.includes('measure again when it is idle')).toBe(warned);
    expect(stdout.records()).toMatchObject([
      { event: 'machine', busyByOthers: (100 - idle) / 100, busy: warned },
    ]);
  });

  it('is read from the system', async () => {
    const watch = watchMachine();
    await watch.sample();
    expect(watch.share()).toBeGreaterThanOrEqual(0);
    expect(watch.share()).toBeLessThanOrEqual(1);
    expect(watch.cores).toBeGreaterThanOrEqual(1);
  });
});

it('the load is told to people and programs', () => {
  const [stdout, stderr] = [capture(), capture()];
  tellLoad(createOutput({ stdout, stderr, json: true, quiet: false }), 'before');
  const [event] = stdout.records();
  expect(event).toMatchObject({ event: 'load', when: 'before' });
  for (const figure of ['load', 'cores']) expect(event![figure]).toBeGreaterThanOrEqual(0);
  expect(stderr.text()).toMatch(/^load average before: [\d.]+ on \d+ cores\n$/);
});
