/**
 * What a process imports as `webgpu`: the package with the faults that WGSL_TRAIN_TEST_FAULTS lists (JSON,
 * one or null for each device that is opened). At its end it writes what became of them to
 * WGSL_TRAIN_TEST_LOG.
 */
import { writeFileSync } from 'node:fs';
import { faultyPackage, injection, type Fault, type Injection, type WebgpuPackage } from './faulty-webgpu.js';

const { WGSL_TRAIN_TEST_FAULTS: faults = '[]', WGSL_TRAIN_TEST_LOG: log } = process.env;
const waiting = (JSON.parse(faults) as (Fault | null)[]).map(injection);
const used: Injection[] = [];

const real = (await import(new URL(import.meta.url).searchParams.get('real')!)) as WebgpuPackage;

export const { create, globals } = faultyPackage(real, () => {
  const next = waiting.shift() ?? injection(null);
  used.push(next);
  return next;
});

/** What became of the faults of one device. */
export interface Use extends Injection {
  /** Milliseconds from the fault to the end of the process; null if it did not happen. */
  readonly sinceFault: number | null;
}

process.on('exit', () => {
  const uses = used.map((use): Use => ({
    ...use,
    sinceFault: use.firedTime === null ? null : performance.now() - use.firedTime,
  }));
  if (log !== undefined) writeFileSync(log, JSON.stringify(uses));
});
