/** Takes units out of a queue and has them trained, until none is left or this machine is to leave. */
import { setTimeout } from 'node:timers/promises';
import type { Job, JobJsonRaw, Queue, Worker } from 'bullmq';
import type { EngineError } from '../../base/errors.js';
import type { RedisAddress } from './address.js';
import { loadBullmq, type Bullmq } from './connect.js';
import { openStates } from './enqueue.js';
import { requireUnit, type UnitsOfRun } from './job.js';
import { howItEnded, verdictOf, type UnitEnd, type Verdict } from './verdict.js';

/** A unit that was begun here, or whose process ended. */
export interface UnitEvent {
  readonly unit: number;
  /** `lost`: the queue gave it to another machine, because this one was not heard of. */
  readonly state: 'begun' | 'lost' | Verdict;
  /** How its process ended; null for `begun`. */
  readonly end: UnitEnd | null;
}

export interface WorkListener {
  readonly unit: (event: UnitEvent) => void;
  /** A job that is none of this run, and was not begun. */
  readonly refused: (error: EngineError) => void;
  /** A fault of the connection or the queue. It does not end the work. */
  readonly fault: (error: Error) => void;
}

/** Milliseconds; tests and simulations take others. */
export interface WorkTimes {
  /** A worker that is not heard of for so long is taken for gone. Its units are found within twice that. */
  readonly lock: number;
  /** What a unit that goes back waits before anybody takes it. */
  readonly pause: number;
  /** What a unit waits before it is tried again for the first time; twice as long each further time. */
  readonly retry: number;
  /** Between two looks at whether any unit is left. */
  readonly poll: number;
  /** How long the server may take to answer when this worker leaves. */
  readonly farewell: number;
}

export const usualTimes: WorkTimes = {
  lock: 30_000,
  pause: 2000,
  retry: 5000,
  poll: 2000,
  farewell: 5000,
};

export interface Work {
  readonly queue: Queue;
  readonly address: RedisAddress;
  readonly units: UnitsOfRun;
  /** How many units are trained side by side. */
  readonly concurrency: number;
  /** Trains a unit. When the signal aborts, it is to end soon, with a checkpoint. */
  readonly run: (unit: number, signal: AbortSignal) => Promise<UnitEnd>;
  readonly listener: WorkListener;
  readonly signal: AbortSignal;
  readonly times: WorkTimes;
}

/**
 * - `empty`: no unit waits or is at work, here or elsewhere
 * - `stopped`: the signal aborted
 * - `left`: a unit found no adapter here
 */
export type WorkEnd = 'empty' | 'stopped' | 'left';

/** What a worker has at hand while it works. */
interface Shift extends Work {
  readonly bullmq: Bullmq;
  readonly running: Map<string, RunningUnit>;
  /** Takes no more jobs, and lets `work` end once those that were begun have ended. */
  readonly leave: (why: WorkEnd) => void;
  /** Why this worker leaves; null while it stays. */
  why: WorkEnd | null;
}

interface RunningUnit {
  readonly stop: (why: 'lost' | 'stopped') => void;
  readonly ended: Promise<unknown>;
}

/** BullMQ counts machines that went away during a unit, and gives up after one by default. */
const mostStalls = 1000;

/** Works until there is a reason to leave. What was begun by then is done, or goes back into the queue. */
export async function work(asked: Work): Promise<WorkEnd> {
  const { queue, signal, times } = asked;
  let goHome = (): void => undefined;
  const isOver = new Promise<void>((resolve) => {
    goHome = resolve;
  });
  const shift: Shift = {
    ...asked,
    bullmq: await loadBullmq(),
    running: new Map(),
    why: null,
    leave: (why) => {
      shift.why ??= why;
      // Before anything else: a unit that is given back must not come here again.
      void worker.pause(true);
      goHome();
    },
  };
  const worker = startWorker(shift);
  const stop = (): void => {
    shift.leave('stopped');
    for (const unit of shift.running.values()) unit.stop('stopped');
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  void leaveWhenEmpty(shift);
  await isOver;
  while (shift.running.size > 0) await Promise.all([...shift.running.values()].map(({ ended }) => ended));
  // A worker that is closed before it has connected leaves a timer behind.
  const answer = Promise.all([worker.waitUntilReady(), countOpen(queue)]);
  await worker.close(!(await comesWithin(times.farewell, answer)));
  signal.removeEventListener('abort', stop);
  return shift.why!;
}

/** In place of what somebody else wrote into a job. */
const emptyJob = { data: 'null', opts: '{}', progress: '0', stacktrace: '[]', parent: '', parentKey: '' };

function startWorker(shift: Shift): Worker {
  const { queue, address, concurrency, listener, times, running } = shift;
  /** Takes what cannot be a job of ours for one without content: BullMQ's own worker would never end it. */
  class CarefulWorker extends shift.bullmq.Worker {
    protected override createJob(raw: JobJsonRaw, id: string): Job {
      try {
        const job = super.createJob(raw, id);
        if (job.parent === undefined && job.parentKey === undefined) return job;
      } catch {
        // It cannot be parsed.
      }
      return super.createJob({ ...raw, ...emptyJob, id }, id);
    }
  }
  const worker = new CarefulWorker(queue.name, processorOf(shift), {
    connection: address.connection,
    concurrency,
    lockDuration: times.lock,
    stalledInterval: times.lock,
    maxStalledCount: mostStalls,
    settings: { backoffStrategy: (tries) => times.retry * 2 ** (tries - 1) },
    // The server of `queue` is the same, and was asked.
    skipVersionCheck: true,
  });
  worker.on('error', listener.fault);
  // Another machine is given the unit: its checkpoint is to be there by then.
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) running.get(id)?.stop('lost');
  });
  return worker;
}

/** What BullMQ calls with each job. How it ends says what becomes of the job. */
function processorOf(shift: Shift): (job: Job, token?: string) => Promise<void> {
  const { listener, running, times } = shift;
  const { DelayedError, UnrecoverableError } = shift.bullmq;
  return async (job, token = '') => {
    const giveBack = async (): Promise<never> => {
      await job.moveToDelayed(Date.now() + times.pause, token).catch(listener.fault);
      throw new DelayedError();
    };
    const unit = await unitOf(job, shift);
    if (shift.why !== null) return giveBack();
    const controller = new AbortController();
    const ended = shift.run(unit, controller.signal).finally(() => running.delete(job.id!));
    running.set(job.id!, {
      ended,
      stop: (why) => {
        controller.abort(why);
      },
    });
    listener.unit({ unit, state: 'begun', end: null });
    const end = await ended;
    const state = controller.signal.reason === 'lost' ? 'lost' : verdictOf(end);
    if (state === 'leave') shift.leave('left');
    listener.unit({ unit, state, end });
    if (state === 'done') return;
    // What becomes of it is for the machine that has it now.
    if (state === 'lost') throw new DelayedError();
    if (state === 'back' || state === 'leave') return giveBack();
    const why = `${howItEnded(end)}: ${end.words}`;
    throw state === 'failed' ? new UnrecoverableError(why) : new Error(why);
  };
}

/** @throws UnrecoverableError for a job that is none of this run */
async function unitOf(job: Job, { units, queue, listener, bullmq }: Shift): Promise<number> {
  try {
    return requireUnit(job, units);
  } catch (thrown) {
    const error = thrown as EngineError;
    listener.refused(error);
    // No job of ours has a parent: one that BullMQ's scripts cannot parse would keep the job from ending.
    const client = await queue.client;
    await client.hdel(queue.toKey(job.id!), 'parent', 'parentKey').catch(listener.fault);
    throw new bullmq.UnrecoverableError(error.describe());
  }
}

/** Leaves once nothing waits and nothing is at work: until then a unit of another machine may come back. */
async function leaveWhenEmpty(shift: Shift): Promise<void> {
  const { queue, running, times } = shift;
  while (shift.why === null) {
    // While the server is away there is no answer; the next look then gets one.
    const open = running.size > 0 ? running.size : await countOpen(queue).catch(() => 1);
    if (open === 0) shift.leave('empty');
    else await setTimeout(times.poll);
  }
}

/** How many jobs wait or are at work. */
export function countOpen(queue: Queue): Promise<number> {
  return queue.getJobCountByTypes(...openStates);
}

/** Whether an answer of the server comes: a worker that waits for one that is gone would never leave. */
async function comesWithin(ms: number, answer: Promise<unknown>): Promise<boolean> {
  const controller = new AbortController();
  const late = setTimeout(ms, false, { signal: controller.signal }).catch(() => false);
  const isThere = await Promise.race([answer.then(() => true).catch(() => false), late]);
  controller.abort();
  return isThere;
}
