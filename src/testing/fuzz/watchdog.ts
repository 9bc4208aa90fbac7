import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** Notices, from another thread, that a parser never comes back: then nothing in its own thread could. */
export interface Watchdog {
  /** Notes what is tried now. */
  readonly at: (what: string) => void;
  readonly leave: () => Promise<void>;
}

/** Far more than any slow machine needs for one input, in ms. */
const patience = 120_000;

/** Ends the process, naming the input, when the count of inputs stands still for too long. */
const code = `
const { workerData: { shared, patience, name } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const words = new Int32Array(shared, 0, 1);
const text = new Uint8Array(shared, 4);
let last = -1, since = Date.now();
setInterval(() => {
  const now = Atomics.load(words, 0);
  if (now !== last) { last = now; since = Date.now(); return; }
  if (Date.now() - since < patience) return;
  const where = Buffer.from(text.subarray(1, 1 + text[0])).toString();
  writeSync(2, '\\n' + name + ', ' + where + ': it never came back\\n');
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

export function watchFor(name: string): Watchdog {
  const shared = new SharedArrayBuffer(4 + 256);
  const words = new Int32Array(shared, 0, 1);
  const text = new Uint8Array(shared, 4);
  const worker = new Worker(code, { eval: true, workerData: { shared, patience, name } });
  worker.on('error', (error) => writeSync(2, `the watchdog: ${error.message}\n`));
  return {
    at: (what) => {
      const bytes = Buffer.from(what.slice(0, 200));
      text[0] = bytes.length;
      text.set(bytes, 1);
      Atomics.add(words, 0, 1);
    },
    leave: async () => {
      await worker.terminate();
    },
  };
}
