/** What a process did from its start to its first training step, as phases that add up. */
import { EngineError } from '../../base/errors.js';
import type { DeviceLog, Interval } from './observe-device.js';

/** The moments that the process itself marks, in their order. */
export const startMarks = [
  'first line',
  'command line loaded',
  'engine wanted',
  'Dawn loaded',
  'engine loaded',
  'adapter wanted',
  'device opened',
  'data wanted',
  'data read',
  'training asked for',
  'training begun',
] as const;

export type StartMark = (typeof startMarks)[number];

/** What a process tells of its start; times are on its own clock, in milliseconds. */
export interface StartTrace {
  /** When its clock began, in milliseconds since 1970. */
  readonly origin: number;
  readonly marks: Partial<Readonly<Record<StartMark, number>>>;
  readonly device: DeviceLog;
  readonly adapter: { readonly description: string; readonly software: boolean };
}

/** The phases in the order in which they are told, with their names for people. */
export const startPhases = {
  process: 'process created',
  node: 'Node boots, to the first line',
  commandLine: 'modules of the command line',
  dawn: 'Dawn, the native module',
  engine: 'modules of the engine',
  adapter: 'adapter and device',
  data: 'data set read',
  plan: 'graph and plan',
  upload: 'buffers made and filled',
  pipelines: 'pipelines compiled',
  step: 'first step, submitted to finished',
  other: 'all between these',
} as const;

export type StartPhase = keyof typeof startPhases;

/** One start. */
export interface StartTiming {
  /** Milliseconds; they add up to `firstStepMs`. */
  readonly phases: Readonly<Record<StartPhase, number>>;
  /** From the start of the process until its first training step was done. */
  readonly firstStepMs: number;
  /** From the start of the process until the first steps whose result is kept were submitted. */
  readonly trainingMs: number;
  readonly pipelines: number;
  /** The largest number of pipelines that were in the making at the same time. */
  readonly pipelinesAtOnce: number;
}

/**
 * @param startedAt when the process was started, in milliseconds since 1970
 * @throws EngineError `bug` if the process did not do all that a start does
 */
export function startTiming(trace: StartTrace, startedAt: number): StartTiming {
  const { device, origin } = trace;
  const mark = (name: StartMark): number => known(trace.marks[name], name);
  const between = (from: StartMark, to: StartMark): number => mark(to) - mark(from);
  const submitted = known(device.submitted, 'first submit');
  const finished = known(device.finished, 'end of the first step');
  const compiling = {
    start: known(device.pipelines.map(({ start }) => start).sort((a, b) => a - b)[0], 'pipeline'),
    end: Math.max(...device.pipelines.map(({ end }) => end)),
  };
  const asked = mark('training asked for');
  const before = device.uploads.filter(({ end }) => end <= compiling.start);
  const after = device.uploads.filter(({ start }) => start >= compiling.end && start < submitted);
  const timed = {
    process: origin - startedAt,
    node: mark('first line'),
    commandLine: between('first line', 'command line loaded'),
    dawn: between('engine wanted', 'Dawn loaded'),
    engine: between('Dawn loaded', 'engine loaded'),
    adapter: between('adapter wanted', 'device opened'),
    data: between('data wanted', 'data read'),
    plan: compiling.start - asked - total(before),
    upload: total(before) + total(after),
    pipelines: compiling.end - compiling.start,
    step: finished - submitted,
  };
  const firstStepMs = origin + finished - startedAt;
  const told = Object.values(timed).reduce((sum, ms) => sum + ms, 0);
  return {
    phases: { ...timed, other: firstStepMs - told },
    firstStepMs,
    trainingMs: origin + mark('training begun') - startedAt,
    pipelines: device.pipelines.length,
    pipelinesAtOnce: mostAtOnce(device.pipelines),
  };
}

function known(value: number | null | undefined, what: string): number {
  if (typeof value === 'number') return value;
  throw new EngineError('bug', `the start could not be followed: it had no ${what}`, {
    remedy: 'this is a bug in wgsl-train: please report it',
  });
}

function total(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

function mostAtOnce(intervals: readonly Interval[]): number {
  return Math.max(
    ...intervals.map(({ start: at }) => intervals.filter(({ start, end }) => start <= at && at < end).length),
  );
}
