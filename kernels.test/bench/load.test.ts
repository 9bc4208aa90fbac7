import { expect, it } from 'vitest';
import { tellLoad } from '../../src/tools/bench/load.js';
import { createOutput } from '../../src/cli/output.js';
import { capture } from '../cli/capture.js';

it('the load is told to people and programs', () => {
  const [stdout, stderr] = [capture(), capture()];
  tellLoad(createOutput({ stdout, stderr, json: true, quiet: false }), 'before');
  const [event] = stdout.records();
  expect(event).toMatchObject({ event: 'load', when: 'before' });
  for (const figure of ['load', 'cores']) expect(event![figure]).toBeGreaterThanOrEqual(0);
  expect(stderr.text()).toMatch(/^load average before: [\d.]+ on \d+ cores\n$/);
});
