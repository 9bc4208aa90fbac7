/**
 * Preloaded into a training (`node --import`): every call that writes to the disk takes SLOW_DISK_MS longer.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const ms = Number(process.env.SLOW_DISK_MS);
const still = new Int32Array(new SharedArrayBuffer(4));

for (const name of ['writeFileSync', 'fsyncSync', 'renameSync']) {
  const original = fs[name];
  fs[name] = (...args) => {
    Atomics.wait(still, 0, 0, ms * (0.5 + Math.random()));
    return original(...args);
  };
}
syncBuiltinESMExports();
