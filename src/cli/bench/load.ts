import { availableParallelism, loadavg } from 'node:os';
import type { Output } from '../output.js';
import { significant } from './spread.js';

/** From this load per core on, before anything is measured, others are taking part of the machine. */
const busyShare = 0.5;

/** Load of a machine that others use too. */
export interface Load {
  /** Processes that ran or waited to run, on average over the last minute; 0 where the system does not tell. */
  readonly load: number;
  readonly cores: number;
}

export function currentLoad(): Load {
  return { load: loadavg()[0]!, cores: availableParallelism() };
}

/** Tells the load: whoever reads timings should know whether they shared the machine. */
export function tellLoad(output: Output, when: 'before' | 'after', now = currentLoad()): Load {
  const { load, cores } = now;
  output.event({ event: 'load', when, load, cores });
  output.info(`load average ${when}: ${significant(load)} on ${cores} cores`);
  return now;
}

/** What to make of figures from a machine that was busy before the start; null if it was not. */
export function busyWarning({ load, cores }: Load): string | null {
  if (load < busyShare * cores) return null;
  return (
    `others were using this machine (load ${significant(load)} on ${cores} cores before the start): figures are too low, and ` +
    `ratios favour whoever runs more threads; measure again when it is idle`
  );
}
