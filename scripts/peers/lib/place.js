/**
 * The place that a contender's program runs in: a process of Node. In a page page-place.js stands for it, and
 * for webgpu.js.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

export const step = JSON.parse(process.argv[2]);

const packages = createRequire(resolve(step.packages ?? '.', 'package.json'));

/** A package out of the directory that bench.js installed it in; they are no dependencies of this project. */
export const load = (name) => packages(name);

/**
 * @param facts what to say of this contender: what it runs on
 * @param run takes a number of steps, trains them, waits for the last one, and gives its loss
 */
export async function serve(facts, run) {
  const say = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);
  // Whatever is compiled at its first use is compiled here.
  await run(2);
  say({ ready: facts });
  for await (const line of createInterface({ input: process.stdin })) {
    const steps = Number(line);
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    const loss = await run(steps);
    const { user, system } = process.cpuUsage(cpu);
    say({ steps, ms: performance.now() - started, cpuMs: (user + system) / 1000, loss });
  }
  // Dawn's bindings may crash while they are taken down, long after the last result.
  process.kill(process.pid, 'SIGKILL');
}
