/** Workers in processes of their own, on a real server, and what can happen to both. They need dist/. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from './address.js';
import { openQueue } from './connect.js';
import { enqueueUnits } from './enqueue.js';
import { queueName } from './job.js';
import { hasRedis, startRedis, type TestServer } from './testing/redis.js';

const isBuilt = existsSync(fileURLToPath(new URL('../../../dist/tools/queue/work.js', import.meta.url)));
if (!isBuilt) console.warn('skipped: tests of workers need dist/ (npm run build)');
const canRun = hasRedis && isBuilt && process.platform === 'linux';

const script = fileURLToPath(new URL('testing/worker.js', import.meta.url));
const units = { units: 4, configSha256: 'f'.repeat(64) };

let run: string;
const workers: ChildProcess[] = [];
const servers: TestServer[] = [];
const cleanUp: (() => void)[] = [];
beforeEach(() => {
  run = mkdtempSync(join(tmpdir(), 'wgsl-train-units-'));
});
afterEach(async () => {
  for (const worker of workers.splice(0)) worker.kill('SIGKILL');
  // A unit whose worker is gone ends by itself.
  while (livingUnits().length > 0) await setTimeout(20);
  for (const server of servers.splice(0)) await server.remove();
  for (const each of cleanUp.splice(0)) each();
  rmSync(run, { recursive: true, force: true });
});

async function serve(...how: Parameters<typeof startRedis>): Promise<TestServer> {
  const server = await startRedis(...how);
  servers.push(server);
  return server;
}

async function enqueue(url: string, count = units.units): Promise<void> {
  const queue = await openQueue(queueName(units), parseAddress(url));
  await enqueueUnits(queue, units, [0, 1, 2, 3].slice(0, count));
  await queue.close();
}

interface TestWorker {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly text: () => string;
}

/** How long a worker may not be heard of, in ms: shorter than usual, longer than a slow machine takes. */
const lock = 3000;

/** @param around what runs it, such as `ip netns exec NAME` */
function startWorker(url: string, ms: number, around: readonly string[] = [], env = {}): TestWorker {
  const [file, ...words] = [...around, process.execPath, script, run, url, '4', String(ms), String(lock)];
  const child = spawn(file, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  workers.push(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      resolve(code);
    });
  });
  return { process: child, ended, text: () => text };
}

function log(): string[] {
  return existsSync(join(run, 'log')) ? readFileSync(join(run, 'log'), 'utf8').trimEnd().split('\n') : [];
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(20);
}

const has = (pattern: RegExp) => () => log().some((line) => pattern.test(line));
const count = (pattern: RegExp) => log().filter((line) => pattern.test(line)).length;

/** Processes of units that were begun and are there still. */
function livingUnits(): number[] {
  return log()
    .flatMap((line) => / begun \d+ (\d+)/.exec(line)?.[1] ?? [])
    .map(Number)
    .filter((pid) => commandOf(pid).includes('fake-unit'));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Every unit is done, and none did an epoch more often than a lost checkpoint explains. */
function expectAllDone(mostEpochs: number): void {
  for (const unit of [0, 1, 2, 3])
    expect(existsSync(join(run, 'units', `${unit}-of-4`, 'result.json')), `unit ${unit}`).toBe(true);
  expect(count(/ epoch /)).toBeGreaterThanOrEqual(40);
  expect(count(/ epoch /)).toBeLessThanOrEqual(mostEpochs);
}

const ip = (...words: string[]) => spawnSync('ip', words, { encoding: 'utf8' });

const canCutNetwork = canRun && canMakeNamespaces();
if (!canCutNetwork) console.warn('skipped: a test that cuts the network needs root and `ip netns`');

function canMakeNamespaces(): boolean {
  const name = `wgsl-probe-${process.pid}`;
  if (ip('netns', 'add', name).status !== 0) return false;
  ip('netns', 'delete', name);
  return true;
}

/** A network namespace with one link to this one. */
function cuttableNetwork() {
  const id = process.pid % 10_000;
  const [name, link] = [`wgsl-${id}`, `wgsl${id}a`];
  const third = id % 256;
  const must = (...words: string[]): void => {
    const { status, stderr } = ip(...words);
    if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
  };
  must('netns', 'add', name);
  cleanUp.push(() => {
    ip('link', 'delete', link);
    ip('netns', 'delete', name);
  });
  must('link', 'add', link, 'type', 'veth', 'peer', 'name', 'far', 'netns', name);
  must('addr', 'add', `10.203.${third}.1/30`, 'dev', link);
  must('link', 'set', link, 'up');
  must('-n', name, 'addr', 'add', `10.203.${third}.2/30`, 'dev', 'far');
  must('-n', name, 'link', 'set', 'far', 'up');
  return {
    host: `10.203.${third}.1`,
    around: ['ip', 'netns', 'exec', name],
    cut: () => {
      must('-n', name, 'link', 'set', 'far', 'down');
    },
    mend: () => {
      must('-n', name, 'link', 'set', 'far', 'up');
    },
  };
}

describe.skipIf(!canRun)('units survive', () => {
  it('a worker that is killed alone: its unit writes a checkpoint and ends', async () => {
    const { url } = await serve();
    await enqueue(url);
    const first = startWorker(url, 2000);
    await until(has(/ epoch 3$/));
    first.process.kill('SIGKILL');
    await until(has(/ disconnected$/));
    await until(() => livingUnits().length === 0);
    const second = startWorker(url, 100);
    expect(await second.ended).toBe(0);
    expectAllDone(40);
  });

  it('a machine that is gone: worker and unit are killed', async () => {
    const { url } = await serve();
    await enqueue(url);
    const first = startWorker(url, 2000);
    await until(has(/ epoch 3$/));
    process.kill(livingUnits()[0]!, 'SIGSTOP');
    first.process.kill('SIGKILL');
    process.kill(livingUnits()[0]!, 'SIGKILL');
    const second = startWorker(url, 100);
    expect(await second.ended).toBe(0);
    expect(count(/ disconnected$/)).toBe(0);
    expectAllDone(41);
  });

  it('a unit that is killed: it resumes at once', async () => {
    const { url } = await serve();
    await enqueue(url);
    const worker = startWorker(url, 500);
    await until(has(/ epoch 3$/));
    process.kill(livingUnits()[0]!, 'SIGKILL');
    expect(await worker.ended).toBe(0);
    expect(worker.text()).toContain(' again\n');
    expectAllDone(41);
  });

  it('a worker that is stopped: it leaves with 75, and its unit goes back at once', async () => {
    const { url } = await serve();
    await enqueue(url);
    const first = startWorker(url, 5000);
    await until(has(/ epoch 2$/));
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(75);
    expect(count(/ terminated$/)).toBe(1);
    expect(first.text()).toContain(' back\nstopped\n');
    const second = startWorker(url, 100);
    expect(await second.ended).toBe(0);
    expectAllDone(40);
  });

  it('a worker that is stopped while the server is away', async () => {
    const server = await serve(['--appendonly', 'yes']);
    await enqueue(server.url);
    const first = startWorker(server.url, 5000);
    await until(has(/ epoch 2$/));
    await server.end('SIGKILL');
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(75);
    await server.start();
    const second = startWorker(server.url, 100);
    expect(await second.ended).toBe(0);
    expectAllDone(40);
  });

  it.skipIf(!canCutNetwork)(
    'a network that is cut: another worker takes the unit, and the first one stops',
    async () => {
      const network = cuttableNetwork();
      const { url, port } = await serve(['--protected-mode', 'no']);
      await enqueue(url, 1);
      const far = startWorker(`redis://${network.host}:${port}`, 60_000, network.around);
      await until(has(/ begun /));
      network.cut();
      const near = startWorker(url, 500);
      await until(() => near.text().includes('0 begun'));
      network.mend();
      await until(() => far.text().includes('0 lost'));
      expect(await near.ended).toBe(0);
      expect(await far.ended).toBe(0);
      expect(count(/ terminated$/)).toBe(1);
      expect(count(/^0 done$/)).toBe(1);
    },
  );

  it('a server that is killed and comes back with its append-only file', async () => {
    const server = await serve(['--appendonly', 'yes', '--appendfsync', 'always']);
    await enqueue(server.url);
    const both = [startWorker(server.url, 5000), startWorker(server.url, 5000)];
    await until(() => count(/ begun /) === 2);
    await until(has(/ epoch 3$/));
    await server.end('SIGKILL');
    // Training goes on meanwhile.
    await until(has(/ epoch 6$/));
    await server.start();
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(both[0]!.text()).toContain('fault ');
    expectAllDone(41);
  });
});
