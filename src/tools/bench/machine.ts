/** How much of the machine others use: a reader of timings should know whether the machine was shared. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Output } from '../../base/output.js';
import { significant } from './spread.js';

/** Long enough that the system's clock ticks do not matter. */
const sampleMs = 300;

/** From this share of its cores on, others are taking part of the machine. */
const busyShare = 0.1;

/** Watches the machine in the moments in which this program and what it measures are idle. */
export interface MachineWatch {
  /** Takes a sample of about a third of a second; nothing of this program may run meanwhile. */
  readonly sample: () => Promise<void>;
  /** Share of the cores that was busy in the samples, 0 to 1. */
  readonly share: () => number;
  readonly cores: number;
}

interface Ticks {
  readonly idle: number;
  readonly all: number;
}

function ticks(): Ticks {
  const times = cpus().map(({ times: each }) => each);
  const idle = times.reduce((sum, each) => sum + each.idle, 0);
  const all = times.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle);
  return { idle, all };
}

/** @param read tests put another clock in place; @param pause and another sleep */
export function watchMachine(
  read: () => Ticks = ticks,
  pause: (ms: number) => Promise<unknown> = sleep,
): MachineWatch {
  let [busy, all] = [0, 0];
  return {
    cores: cpus().length,
    sample: async () => {
      const before = read();
      await pause(sampleMs);
      const after = read();
      all += after.all - before.all;
      busy += after.all - before.all - (after.idle - before.idle);
    },
    share: () => (all === 0 ? 0 : busy / all),
  };
}

/**
 * What others did while this program measured, in words: always a line, and what to make of the figures where
 * it was much. Also as an event.
 */
export function tellMachine(output: Output, watch: MachineWatch): string {
  const { cores } = watch;
  const share = watch.share();
  const [minute] = loadavg();
  const busy = share > busyShare;
  output.event({ event: 'machine', cores, busyByOthers: share, busy, loadAverage: minute });
  const line =
    `between the measurements, others kept ${(100 * share).toFixed(0)} % of this machine's ${cores} cores busy ` +
    `(load average ${significant(minute!)})`;
  if (!busy) return line;
  return `${line}: figures are too low, and ratios favour the contender with more threads; measure again when it is idle`;
}

/** Tells the load of this machine: a reader of timings should know whether the machine was shared. */
export function tellLoad(output: Output, when: 'before' | 'after'): void {
  const [load] = loadavg();
  const cores = availableParallelism();
  output.event({ event: 'load', when, load, cores });
  output.info(`load average ${when}: ${significant(load!)} on ${cores} cores`);
}
