/**
 * A worker in a process of its own, whose units are fake-unit.js: `node worker.js RUN URL N MS LOCK`. It
 * prints what happens, and ends with 0, 75 or 69. It needs dist/.
 */
import { parseAddress } from '../../../../dist/tools/queue/address.js';
import { runUnit } from '../../../../dist/tools/queue/child.js';
import { closeQueue, openQueue } from '../../../../dist/tools/queue/connect.js';
import { queueName } from '../../../../dist/tools/queue/job.js';
import { usualTimes, work } from '../../../../dist/tools/queue/work.js';

const [run, url, n, ms, lock] = process.argv.slice(2);
const units = { units: Number(n), configSha256: 'f'.repeat(64) };
const address = parseAddress(url);
const controller = new AbortController();
process.on('SIGTERM', () => controller.abort());
const say = (text) => process.stdout.write(`${text}\n`);
const fakeUnit = new URL('fake-unit.js', import.meta.url).pathname;

try {
  const queue = await openQueue(queueName(units), address);
  say('connected');
  const why = await work({
    queue,
    address,
    units,
    concurrency: 1,
    run: (unit, signal) =>
      runUnit({ file: process.execPath, args: [fakeUnit, run, `${unit}/${n}`, ms] }, signal),
    listener: {
      unit: ({ unit, state }) => say(`${unit} ${state}`),
      refused: (error) => say(`refused ${error.message}`),
      fault: (error) => say(`fault ${error.message}`),
    },
    signal: controller.signal,
    times: { ...usualTimes, lock: Number(lock), pause: 100, retry: 100, poll: 100 },
  });
  say(why);
  await closeQueue(queue);
  process.exitCode = { empty: 0, stopped: 75, left: 69 }[why];
} catch (error) {
  say(error.describe?.() ?? error.stack);
  process.exitCode = error.exitCode ?? 1;
}
