import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive, thisProcess } from './process.js';

const marked = (pid: number, startTicks: number | null = null) => ({ ...thisProcess(), pid, startTicks });

test('this process is alive, and one that never was is not', () => {
  expect(isAlive(thisProcess())).not.toBe(false);
  for (const pid of [2 ** 22 + 1, 0, -1, 1.5, NaN, 2 ** 40]) expect(isAlive(marked(pid))).toBe(false);
});

test.skipIf(process.platform !== 'linux')(
  'a process of the same number that began later is another one',
  () => {
    expect(isAlive(thisProcess())).toBe(true);
    expect(isAlive(marked(process.pid, thisProcess().startTicks! - 1))).toBe(false);
    expect(isAlive(marked(process.pid))).toBeNull();
  },
);

test.each(['host', 'boot', 'pidNamespace', 'timeNamespace'] as const)(
  'of another %s nothing is known',
  (key) => {
    expect(isAlive({ ...thisProcess(), [key]: 'another' })).toBeNull();
    expect(isAlive({ ...marked(2 ** 22 + 1), [key]: 'another' })).toBeNull();
  },
);

test.skipIf(process.platform !== 'linux')('one that has ended and that nobody asked for is not', async () => {
  // The second program takes the place of the shell, and knows of no child.
  const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 60']);
  try {
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    await expect.poll(() => isAlive(marked(pid)), { timeout: 60_000 }).toBe(false);
    expect(() => process.kill(pid, 0)).not.toThrow();
  } finally {
    parent.kill('SIGKILL');
  }
});
