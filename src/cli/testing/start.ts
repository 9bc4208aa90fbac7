/**
 * How long train.js takes from the start of its process to its first training step, as phases that add up.
 * Processes are started warm (with the driver's shader cache as the one before left it) and cold (with an
 * empty one, as on a machine's first start).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alignedTable } from '../../base/text.js';
import { significant, spreadOf, type Spread } from '../../tools/bench/spread.js';

/** On the clock of `performance.now`, in milliseconds. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** What was asked of the device until the first submit. */
interface DeviceLog {
  /** Calls that make buffers, or hand over what is to be in them. */
  readonly uploads: readonly Span[];
  /** One per pipeline, from its shader's text to the pipeline; in the order in which they were ready. */
  readonly pipelines: readonly Span[];
  /** When the first command buffer was submitted, and when it was done; null if that did not happen. */
  readonly submitted: number | null;
  readonly finished: number | null;
}

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

type StartMark = (typeof startMarks)[number];

/** What a process tells of its start; times are on its own clock, in milliseconds. */
export interface StartTrace {
  /** When its clock began, in milliseconds since 1970. */
  readonly origin: number;
  readonly marks: Partial<Readonly<Record<StartMark, number>>>;
  readonly device: DeviceLog;
  readonly adapter: { readonly description: string; readonly software: boolean };
}

/** The phases in the order in which they are told, with their names for people. */
const startPhases = {
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

type StartPhase = keyof typeof startPhases;

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
 * @throws Error if the process did not do all that a start does
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
  throw new Error(`the start could not be followed: it had no ${what}`);
}

function total(intervals: readonly Span[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

function mostAtOnce(intervals: readonly Span[]): number {
  return Math.max(
    ...intervals.map(({ start: at }) => intervals.filter(({ start, end }) => start <= at && at < end).length),
  );
}

const program = fileURLToPath(new URL('./first-step.js', import.meta.url));

/** Where Mesa's drivers keep compiled shaders; others do not look at it. */
const cacheVariable = 'MESA_SHADER_CACHE_DIR';

/**
 * Starts train.js in a new process and ends it where training begins.
 * @param cache the shader cache; the usual one if left out
 */
export function startOnce(
  options: readonly string[],
  cache?: string,
): StartTrace & { readonly timing: StartTiming } {
  // The system's clock: it is what the process's own begins with, while this one's may have drifted from it
  // since.
  const startedAt = Date.now();
  const env = { ...process.env, ...(cache !== undefined && { [cacheVariable]: cache }) };
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...options, '--json'], {
    encoding: 'utf8',
    env,
  });
  const record = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly trace?: StartTrace };
  if (record.trace === undefined) throw new Error(`train.js did not begin to train: ${stdout}\n${stderr}`);
  return { ...record.trace, timing: startTiming(record.trace, startedAt) };
}

/** All starts of one case. */
export interface StartCase {
  readonly cache: 'warm' | 'cold';
  readonly timings: readonly StartTiming[];
}

/**
 * Starts train.js warm and cold in turn; the first start of all is not counted.
 * @param folder for shader caches
 * @returns the warm case alone where the driver keeps its shaders elsewhere, so that no cold start can be
 *   forced
 */
export function measureStarts(options: readonly string[], rounds: number, folder: string): StartCase[] {
  startOnce(options);
  const [warm, cold]: StartTiming[][] = [[], []];
  const startCold = (): void => {
    const cache = mkdtempSync(join(folder, 'cache-'));
    const { timing } = startOnce(options, cache);
    if (existsSync(cache) && readdirSync(cache).length > 0) cold!.push(timing);
  };
  const turns = [() => warm!.push(startOnce(options).timing), startCold];
  for (let round = 0; round < rounds; round++)
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) turn();
  const cases = [{ cache: 'warm', timings: warm! } as const, { cache: 'cold', timings: cold! } as const];
  return cases.filter(({ timings }) => timings.length > 0);
}

/**
 * A row per phase, then the sum and what follows it; three columns per case: the start in the middle by its
 * first step, whose phases add up (medians of phases would not), the range of all rounds, and the share.
 */
export function startTable(cases: readonly StartCase[]): string {
  const row = (label: string, of: (timing: StartTiming) => number): string[] => [
    label,
    ...cases.flatMap(({ timings }) => {
      const sorted = [...timings].sort((a, b) => a.firstStepMs - b.firstStepMs);
      const middle = sorted[Math.ceil(sorted.length / 2) - 1]!;
      const { min, max }: Spread = spreadOf(timings.map(of));
      const share = `${((100 * of(middle)) / middle.firstStepMs).toFixed(0)} %`;
      return [of(middle).toFixed(1), `(${min.toFixed(1)}-${max.toFixed(1)})`, share];
    }),
  ];
  const phases = Object.entries(startPhases) as [StartPhase, string][];
  const table = alignedTable([
    ['', ...cases.flatMap(({ cache }) => [`${cache}, ms`, '', ''])],
    ...phases.map(([phase, label]) => row(label, (timing) => timing.phases[phase])),
    row('first training step done', ({ firstStepMs }) => firstStepMs),
    row('training begun', ({ trainingMs }) => trainingMs),
  ]);
  const medians = cases.map(
    ({ cache, timings }) =>
      `${significant(spreadOf(timings.map(({ firstStepMs }) => firstStepMs)).median)} ms ${cache}`,
  );
  return `${table}\nto the first training step: ${medians.join(', ')} (median of ${cases[0]!.timings.length} rounds)`;
}
