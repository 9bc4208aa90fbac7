import { describe, expect, it } from 'vitest';
import { busyWarning, currentLoad, tellLoad } from '../../src/cli/bench/load.js';
import { createOutput } from '../../src/cli/output.js';
import { capture } from '../cli/capture.js';

describe('the load', () => {
  it.each([
    [0, 2, false],
    [0.9, 2, false],
    [1, 2, true],
    [13.4, 2, true],
    [3, 16, false],
  ])('%d on %d cores is busy: %s', (load, cores, busy) => {
    expect(busyWarning({ load, cores }) !== null).toBe(busy);
  });

  it('is told to people and programs', () => {
    const [stdout, stderr] = [capture(), capture()];
    const output = createOutput({ stdout, stderr, json: true, quiet: false });
    const now = { load: 1.234, cores: 2 };
    expect(tellLoad(output, 'before', now)).toBe(now);
    expect(stdout.records()).toEqual([{ event: 'load', when: 'before', load: 1.234, cores: 2 }]);
    expect(stderr.text()).toBe('load average before: 1.23 on 2 cores\n');
  });

  it('is that of this machine', () => {
    const { load, cores } = currentLoad();
    expect(load).toBeGreaterThanOrEqual(0);
    expect(cores).toBeGreaterThanOrEqual(1);
  });
});
