/** Measures what a queue itself costs: many workers in this process, whose units only wait. */
import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import type { RedisAddress } from './address.js';
import { closeQueue, openQueue } from './connect.js';
import { enqueueUnits } from './enqueue.js';
import { queueName } from './job.js';
import { usualTimes, work } from './work.js';

export interface Simulation {
  readonly units: number;
  readonly workers: number;
  /** What a unit takes. */
  readonly seconds: number;
}

/** What it took; memory in bytes. */
export interface SimulatedQueue {
  readonly enqueueSeconds: number;
  readonly workSeconds: number;
  /** If the queue cost nothing. */
  readonly idealSeconds: number;
  readonly done: number;
  /** Faults of the queue that were told. */
  readonly faults: number;
  readonly memoryBefore: number;
  readonly memoryEnqueued: number;
  readonly memoryMost: number;
  /** Connections while it worked. */
  readonly clients: number;
}

/** Puts units into a queue of their own, works on them, and removes the queue. */
export async function simulateQueue(
  address: RedisAddress,
  { units: count, workers, seconds }: Simulation,
  signal: AbortSignal,
): Promise<SimulatedQueue> {
  const units = { units: count, configSha256: randomBytes(32).toString('hex') };
  const queue = await openQueue(queueName(units), address);
  try {
    const memoryBefore = await figure(queue, 'used_memory');
    const [start, all] = [performance.now(), Array.from({ length: count }, (_, unit) => unit)];
    await enqueueUnits(queue, units, all);
    const enqueued = performance.now();
    const memoryEnqueued = await figure(queue, 'used_memory');
    let [done, faults, memoryMost, clients] = [0, 0, memoryEnqueued, 0];
    const ended = { code: 0, signal: null, words: '' };
    const one = {
      queue,
      address,
      units,
      concurrency: 1,
      run: () => setTimeout(seconds * 1000, ended),
      listener: {
        unit: ({ state }: { readonly state: string }) => (done += state === 'done' ? 1 : 0),
        refused: () => faults++,
        fault: () => faults++,
      },
      signal,
      times: usualTimes,
    };
    setMaxListeners(workers, signal);
    const working = Promise.all(Array.from({ length: workers }, () => work(one)));
    const watched = { isOver: false };
    const watching = (async () => {
      while (!watched.isOver) {
        memoryMost = Math.max(memoryMost, await figure(queue, 'used_memory'));
        clients = Math.max(clients, await figure(queue, 'connected_clients'));
        await setTimeout(1000);
      }
    })();
    await working.finally(() => {
      watched.isOver = true;
    });
    await watching;
    return {
      enqueueSeconds: (enqueued - start) / 1000,
      workSeconds: (performance.now() - enqueued) / 1000,
      idealSeconds: Math.ceil(count / workers) * seconds,
      ...{ done, faults, memoryBefore, memoryEnqueued, memoryMost, clients },
    };
  } finally {
    await queue.obliterate({ force: true });
    await closeQueue(queue);
  }
}

/** A number that the server tells of itself. */
async function figure(queue: Queue, name: string): Promise<number> {
  const text = await (await queue.client).info();
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1]);
}
