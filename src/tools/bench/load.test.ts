import { expect, it } from 'vitest';
import { tellLoad } from './load.js';
import { createOutput } from '../../cli/output.js';
import { capture } from '../../testing/capture.js';

it('the load is told to people and programs', () => {
  const [stdout, stderr] = [capture(), capture()];
  tellLoad(createOutput({ stdout, stderr, json: true, quiet: false }), 'before');
  const [event] = stdout.records();
  expect(event).toMatchObject({ event: 'load', when: 'before' });
  for (const figure of ['load', 'cores']) expect(event![figure]).toBeGreaterThanOrEqual(0);
  expect(stderr.text()).toMatch(/^load average before: [\d.]+ on \d+ cores\n$/);
});
