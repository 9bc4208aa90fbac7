/** Queues on a real server, with units that are functions. */
import { setTimeout } from 'node:timers/promises';
import type { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from './address.js';
import { howMany, longTimeout } from '../../testing/modes.js';
import { openQueue } from './connect.js';
import { enqueueUnits } from './enqueue.js';
import { queueName } from './job.js';
import { simulateQueue } from './simulate.js';
import { hasRedis, startRedis, type TestServer } from './testing/redis.js';
import type { UnitEnd } from './verdict.js';
import { countOpen, work, type WorkEnd } from './work.js';

let server: TestServer;
beforeAll(async () => {
  if (hasRedis) server = await startRedis();
});
afterAll(async () => {
  if (hasRedis) await server.remove();
});

const units = { units: 6, configSha256: 'c'.repeat(64) };
const all = [0, 1, 2, 3, 4, 5];
const times = { lock: 30_000, pause: 10, retry: 1, poll: 20, farewell: 5000 };

let queue: Queue;
beforeEach(async () => {
  if (hasRedis) queue = await openQueue(queueName(units), parseAddress(server.url));
});
afterEach(async () => {
  if (!hasRedis) return;
  await queue.obliterate({ force: true });
  await queue.close();
});

interface Worked {
  readonly why: WorkEnd;
  readonly told: readonly string[];
}

type Run = (unit: number, signal: AbortSignal) => Promise<UnitEnd> | UnitEnd;

async function workWith(run: Run, signal = new AbortController().signal): Promise<Worked> {
  const told: string[] = [];
  const why = await work({
    queue,
    address: parseAddress(server.url),
    units,
    concurrency: 2,
    run: async (unit, stop) => run(unit, stop),
    listener: {
      unit: ({ unit, state }) => told.push(`${unit} ${state}`),
      refused: ({ message, found }) => told.push(`${message}: ${found}`),
      fault: ({ message }) => told.push(message),
    },
    signal,
    times,
  });
  return { why, told };
}

const ended = (code: number | null, signal: NodeJS.Signals | null = null): UnitEnd => ({
  code,
  signal,
  words: 'last words',
});

describe.skipIf(!hasRedis)('units in a queue', () => {
  it('are added once', async () => {
    expect(await enqueueUnits(queue, units, all)).toBe(6);
    expect(await enqueueUnits(queue, units, all)).toBe(0);
    expect(await countOpen(queue)).toBe(6);
  });

  it('are each trained once, and leave nothing behind', async () => {
    await enqueueUnits(queue, units, all);
    const { why, told } = await workWith(() => ended(0));
    expect(why).toBe('empty');
    expect([...told].sort()).toEqual(all.flatMap((unit) => [`${unit} begun`, `${unit} done`]).sort());
    expect(await queue.getJobCounts()).toMatchObject({ waiting: 0, active: 0, completed: 0, failed: 0 });
  });

  it('are done when they diverge', async () => {
    await enqueueUnits(queue, units, [2]);
    expect((await workWith(() => ended(4))).told).toEqual(['2 begun', '2 done']);
  });

  it.each([2, 65, 66])('fail for good with %d, and are added again', async (code) => {
    await enqueueUnits(queue, units, [2]);
    expect((await workWith(() => ended(code))).told).toEqual(['2 begun', '2 failed']);
    expect((await queue.getJob('unit-2'))!.failedReason).toBe(`exit code ${code}: last words`);
    expect(await enqueueUnits(queue, units, all)).toBe(6);
    expect((await workWith(() => ended(0))).told).toContain('2 done');
  });

  it.each([
    [74, null],
    [1, null],
    [null, 'SIGKILL'],
  ] as const)('are tried 5 times more after %s %s', async (code, signal) => {
    await enqueueUnits(queue, units, [2]);
    const { told } = await workWith(() => ended(code, signal));
    expect(told.filter((text) => text === '2 begun')).toHaveLength(6);
    expect(await queue.getFailedCount()).toBe(1);
  });

  it.each([75, 130])('go back with %d as often as need be', async (code) => {
    await enqueueUnits(queue, units, [2]);
    let tries = 0;
    const { told } = await workWith(() => ended(tries++ < 3 ? code : 0));
    expect(told.filter((text) => text === '2 back')).toHaveLength(3);
    expect(told.at(-1)).toBe('2 done');
  });

  it('go back from a machine that leaves, and do not come to it again', async () => {
    await enqueueUnits(queue, units, all);
    const { why, told } = await workWith(() => ended(69));
    expect(why).toBe('left');
    // Two side by side: both may have begun.
    expect(told.length).toBeLessThanOrEqual(4);
    expect(new Set(told.map((text) => text.split(' ')[0])).size).toBe(told.length / 2);
    expect(await countOpen(queue)).toBe(6);
    expect((await queue.getJob('unit-0'))!.attemptsMade).toBe(0);
  });

  it('go back from a worker that is stopped', async () => {
    await enqueueUnits(queue, units, all);
    const controller = new AbortController();
    const { why, told } = await workWith(async (_, stop) => {
      await setTimeout(1);
      controller.abort();
      while (!stop.aborted) await setTimeout(5);
      return ended(75);
    }, controller.signal);
    expect(why).toBe('stopped');
    expect(told.filter((text) => text.endsWith('begun')).length).toBe(
      told.filter((text) => text.endsWith('back')).length,
    );
    expect(await countOpen(queue)).toBe(6);
  });

  it('are waited for while another machine has them', async () => {
    await enqueueUnits(queue, units, [0]);
    let isDone = false;
    const slow = workWith(async () => {
      await setTimeout(500);
      isDone = true;
      return ended(0);
    });
    while ((await queue.getActiveCount()) === 0) await setTimeout(10);
    const idle = await workWith(() => ended(0));
    expect(isDone).toBe(true);
    expect(idle).toEqual({ why: 'empty', told: [] });
    await slow;
  });
});

describe.skipIf(!hasRedis)('a job that is none of the run', () => {
  const good = { unit: 1, ...units };
  it.each([
    ['of another configuration', { ...good, configSha256: 'd'.repeat(64) }],
    ['behind the last unit', { ...good, unit: 6 }],
    ['with more in it', { ...good, command: 'rm' }],
    ['with a path', { ...good, unit: '../1' }],
    ['of another unit', { ...good, unit: 2 }],
  ])('%s is refused and not run', async (_, data) => {
    await queue.add('unit', data, { jobId: 'unit-1', attempts: 100 });
    const { told } = await workWith(() => {
      throw new Error('it ran');
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('job "unit-1" of wgsl-train-cccccccccccccccc');
    expect((await queue.getJob('unit-1'))!.failedReason).toContain('is wrong');
    // The unit itself can still be trained.
    expect(await enqueueUnits(queue, units, [1])).toBe(1);
    expect((await workWith(() => ended(0))).told).toEqual(['1 begun', '1 done']);
  });

  it.each([
    ['data', '{"unit":'],
    ['data', '"unit-1"'],
    ['opts', '{'],
    ['progress', '{'],
    ['parent', '{'],
    ['parentKey', '{'],
  ])('is refused with %s that is %s', async (field, text) => {
    await enqueueUnits(queue, units, [1, 2]);
    const client = await queue.client;
    await client.hset(queue.toKey('unit-1'), { [field]: text });
    const { why, told } = await workWith(() => ended(0));
    expect(why).toBe('empty');
    expect(told).not.toContain('1 begun');
    expect(told).toContain('2 done');
    expect(await queue.getFailedCount()).toBe(1);
  });
});

it.skipIf(!hasRedis)(
  'many workers do many units, each once',
  async () => {
    const [count, workers] = [howMany(300, 10_000), howMany(20, 200)];
    const asked = { units: count, workers, seconds: 0 };
    const found = await simulateQueue(parseAddress(server.url), asked, new AbortController().signal);
    expect(found).toMatchObject({ done: count, faults: 0 });
  },
  longTimeout,
);
