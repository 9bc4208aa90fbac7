import { availableParallelism, loadavg } from 'node:os';
import type { Output } from '../../base/output.js';
import { significant } from './spread.js';

/** Tells the load of this machine: whoever reads timings should know whether they shared it. */
export function tellLoad(output: Output, when: 'before' | 'after'): void {
  const [load] = loadavg();
  const cores = availableParallelism();
  output.event({ event: 'load', when, load, cores });
  output.info(`load average ${when}: ${significant(load!)} on ${cores} cores`);
}
