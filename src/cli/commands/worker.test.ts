/** enqueue and worker, with a real server and real trainings. They need dist/ (npm run build). */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Summary } from '../../experiments/index.js';
import { capture } from '../../testing/capture.js';
import { runNode, type Ended } from '../../testing/run-node.js';
import { hasRedis, startRedis } from '../../tools/queue/testing/redis.js';
import { fakeEngine } from '../testing/engine.js';
import { command as enqueue } from './enqueue.js';
import { command as worker } from './worker.js';
import type { Command } from '../command.js';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const isBuilt = existsSync(join(repository, 'dist', 'cli', 'commands', 'worker.js'));
if (!isBuilt) console.warn('skipped: worker.js as a process needs dist/ (npm run build)');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-worker-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

async function run(command: Command, ...argv: string[]): Promise<{ code: number; said: string }> {
  const [stdout, stderr] = [capture(), capture()];
  const code = await command.execute(argv, {
    stdout,
    stderr,
    signal: new AbortController().signal,
    loadEngine: () => Promise.resolve(fakeEngine()),
  });
  return { code, said: stdout.text() + stderr.text() };
}

describe.each([
  ['enqueue', enqueue],
  ['worker', worker],
] as const)('%s', (_, command) => {
  it('needs a run and a URL', async () => {
    vi.stubEnv('REDIS_URL', '');
    expect((await run(command)).said).toContain('RUN is missing');
    const { code, said } = await run(command, home);
    expect(code).toBe(2);
    expect(said).toContain('URL is missing');
  });

  it('never shows a password', async () => {
    const url = 'redis://anna:topsecret@h';
    for (const argv of [
      [url, home],
      [home, `${url}/x`],
      [home, `http${url.slice(5)}`],
      [home, url],
    ]) {
      const { code, said } = await run(command, ...argv);
      expect([2, 66]).toContain(code);
      expect(said).not.toContain('topsecret');
    }
  });

  it('takes the URL from the environment', async () => {
    vi.stubEnv('REDIS_URL', 'redis://h/x');
    expect((await run(command, home)).said).toContain('a path that is no number of a database');
  });
});

const options = ['--exp', '2', '--seeds', '2', '--epochs', '2', '--data', 'synthetic:600/100'];
const script = (name: string, ...words: string[]): Promise<Ended> =>
  runNode([join(repository, 'scripts', `${name}.js`), ...words], { cwd: home });

describe.skipIf(!isBuilt || !hasRedis)('units out of a queue', () => {
  it('have the bits of one process', async () => {
    const server = await startRedis();
    try {
      const [one, many] = [join(home, 'one'), join(home, 'many')];
      expect((await script('train', ...options, '--out', one)).code).toBe(0);
      expect((await script('train', ...options, '--out', many, '--units', '2')).code).toBe(0);
      const early = await script('worker', many, server.url);
      expect(early.code).toBe(66);
      expect(early.stderr).toContain('the queue is empty, and 2 of 2 units have no results');
      expect((await script('enqueue', many, server.url)).stdout).toContain('0 in the queue before, 2 added');
      expect((await script('enqueue', many, server.url)).stdout).toContain('2 in the queue before, 0 added');
      const worked = await script('worker', many, server.url);
      expect(worked.stdout).toContain('all 2 units are done');
      expect(worked.code).toBe(0);
      expect((await script('train', '--resume', many)).code).toBe(0);
      expect(weightsOf(many)).toEqual(weightsOf(one));
    } finally {
      await server.remove();
    }
  });
});

function weightsOf(directory: string): string[] {
  const { variants } = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8')) as Summary;
  return variants.flatMap(({ runs }) => runs.map(({ weightsSha256 }) => weightsSha256));
}
