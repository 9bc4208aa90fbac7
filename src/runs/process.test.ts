import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive } from './process.js';

test('this process is alive, and one that never was is not', () => {
  expect(isAlive(process.pid, Date.now())).toBe(true);
  expect(isAlive(2 ** 22 + 1, Date.now())).toBe(false);
  expect(isAlive(0, null)).toBe(false);
  expect(isAlive(NaN, null)).toBe(false);
});

test.skipIf(process.platform !== 'linux')('a process that began after the run is another one', () => {
  expect(isAlive(process.pid, Date.now() - 1000 * process.uptime() - 60_000)).toBe(false);
});

test.skipIf(process.platform !== 'linux')('one that has ended and that nobody asked for is not', async () => {
  // The second program takes the place of the shell, and knows of no child.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60']);
  try {
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    await expect.poll(() => isAlive(pid, Date.now()), { timeout: 60_000 }).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill('SIGKILL');
  }
});
