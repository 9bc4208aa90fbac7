import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { own, peers, stepRequest } from './contenders.js';
import { preparePeers, reason, runCommand, type CommandResult, type RunCommand } from './peers.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'wgsl-train-peers-'));
});
afterEach(() => {
  rmSync(cache, { recursive: true, force: true });
});

interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
}

/** Stands in for npm and every Python. */
function fakeRun(answer: (call: Call) => Partial<CommandResult>): RunCommand & { readonly calls: Call[] } {
  const calls: Call[] = [];
  const run: RunCommand = (command, args, { cwd }) => {
    const call = { command, args, cwd };
    calls.push(call);
    const stdout = command === 'npm' ? '' : probed(command, 10);
    return Promise.resolve({ code: 0, stdout, stderr: '', ...answer(call) });
  };
  return Object.assign(run, { calls });
}

const prepare = async (run: RunCommand, notices: string[] = [], python?: string) =>
  preparePeers(peers(2), { cache, run, python, onNotice: (text) => notices.push(text) });

/** What the program of PyTorch says when it is probed. */
const probed = (python: string, ms: number): string =>
  `${JSON.stringify({ ready: { runsOn: 'CPU', python } })}\n${JSON.stringify({ steps: 50, ms, loss: 1 })}\n`;

describe('packages', () => {
  it('are installed once per set, with exact versions, without running their scripts', async () => {
    const manifests: unknown[] = [];
    const run = fakeRun(({ command, cwd }) => {
      if (command === 'npm') manifests.push(JSON.parse(readFileSync(join(cwd!, 'package.json'), 'utf8')));
      return {};
    });
    const notices: string[] = [];
    const prepared = await prepare(run, notices);
    expect(prepared.filter((each) => 'skipped' in each)).toEqual([]);
    const installs = run.calls.filter(({ command }) => command === 'npm');
    expect(installs.map(({ args }) => args.slice(0, 2))).toEqual([
      ['install', '--ignore-scripts'],
      ['install', '--ignore-scripts'],
    ]);
    expect(readdirSync(join(cache, 'peers')).sort()).toEqual(['jax-js-0.1.25', 'tfjs-4.22.0']);
    const versions = (manifests as { dependencies: Record<string, string> }[]).flatMap(({ dependencies }) =>
      Object.values(dependencies),
    );
    expect(versions).toHaveLength(5);
    for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(notices).toHaveLength(2);
    expect(prepared[0]).toMatchObject({
      command: process.execPath,
      packages: join(cache, 'peers', 'tfjs-4.22.0'),
    });

    const again = fakeRun(() => ({}));
    expect(await prepare(again)).toEqual(prepared);
    expect(again.calls.filter(({ command }) => command === 'npm')).toEqual([]);
  });

  it('that npm cannot install are skipped with its reason; nothing half-done stays', async () => {
    const stderr =
      'npm error code ENOTFOUND\nnpm error network request to a registry failed\nnpm error A log is here';
    const run = fakeRun(({ command, cwd }) => {
      if (command !== 'npm') return {};
      writeFileSync(join(cwd!, 'half'), '');
      return { code: 1, stderr };
    });
    const prepared = await prepare(run);
    for (const each of prepared.filter(({ contender }) => contender.needs !== 'PyTorch'))
      expect(each).toMatchObject({
        skipped: expect.stringMatching(
          /^npm could not install (tfjs|jax-js)-[\d.]+: network request .* failed$/,
        ) as string,
      });
    expect(prepared.filter(({ contender }) => contender.needs === 'PyTorch')).toHaveLength(2);
    expect(prepared.at(-1)).toMatchObject({ command: 'python3' });
    expect(readdirSync(join(cache, 'peers'))).toEqual([]);
  });

  it('that another run installed meanwhile are taken from there', async () => {
    const run = fakeRun(({ command, cwd }) => {
      if (command !== 'npm') return {};
      const { description } = JSON.parse(readFileSync(join(cwd!, 'package.json'), 'utf8')) as {
        description: string;
      };
      // A file in the place of a directory: the rename fails as it does onto a directory that is not empty.
      writeFileSync(join(cache, 'peers', description.split(',')[0]!), '');
      return {};
    });
    const prepared = await prepare(run);
    expect(prepared.filter((each) => 'skipped' in each)).toEqual([]);
    expect(readdirSync(join(cache, 'peers')).sort()).toEqual(['jax-js-0.1.25', 'tfjs-4.22.0']);
  });

  it('are skipped where the cache cannot be written', async () => {
    writeFileSync(join(cache, 'peers'), 'a file');
    const prepared = await prepare(fakeRun(() => ({})));
    expect(prepared[0]).toMatchObject({
      skipped: expect.stringContaining('could not be installed') as string,
    });
  });
});

describe('PyTorch', () => {
  it('is that of a Python that has it', async () => {
    const run = fakeRun(({ command }) =>
      command === 'python3'
        ? { code: 1, stderr: "Traceback\nModuleNotFoundError: No module named 'torch'" }
        : {},
    );
    const prepared = await prepare(run);
    expect(prepared.at(-1)).toMatchObject({ command: '/usr/bin/python3' });
    expect(run.calls.filter(({ command }) => command !== 'npm')).toHaveLength(3);
  });

  it('is the fastest, where several have it', async () => {
    const times: Readonly<Record<string, number>> = { python3: 30, '/usr/bin/python3': 20, python: 40 };
    const run = fakeRun(({ command }) => {
      const ms = times[command];
      return ms === undefined ? {} : { stdout: probed(command, ms) };
    });
    expect((await prepare(run)).at(-1)).toMatchObject({ command: '/usr/bin/python3' });
  });

  it('is that of the Python that was named, and of no other', async () => {
    const run = fakeRun(({ command }) => (command === '/a/python' ? { code: 1, stderr: 'no torch' } : {}));
    expect((await prepare(run, [], '/a/python')).at(-1)).toMatchObject({
      skipped: 'no Python with PyTorch: /a/python: no torch',
    });
  });

  it('is skipped where its program says something else', async () => {
    const run = fakeRun(({ command }) => (command === 'npm' ? {} : { stdout: '{}\nnothing' }));
    expect((await prepare(run)).at(-1)).toHaveProperty('skipped');
  });

  it('is skipped where no Python has it, with what each one said', async () => {
    const run = fakeRun(({ command }) => {
      if (command === 'npm') return {};
      if (command === 'python') return { code: null, stderr: 'spawn python ENOENT' };
      return { code: 1, stderr: "Traceback\nModuleNotFoundError: No module named 'torch'" };
    });
    const prepared = await prepare(run);
    expect(prepared.slice(-2).map((each) => 'skipped' in each && each.skipped)).toEqual(
      new Array(2).fill(
        "no Python with PyTorch: python3: ModuleNotFoundError: No module named 'torch'; " +
          "/usr/bin/python3: ModuleNotFoundError: No module named 'torch'; python: spawn python ENOENT",
      ),
    );
  });

  it('has as many threads as it is said to have, in every library that it uses', () => {
    const two = peers(2).find(({ needs, threads }) => needs === 'PyTorch' && threads === 2)!;
    expect(two.env).toEqual({
      OMP_NUM_THREADS: '2',
      OPENBLAS_NUM_THREADS: '2',
      MKL_NUM_THREADS: '2',
      OMP_WAIT_POLICY: 'PASSIVE',
    });
  });

  it('runs on one thread and on all cores, where there are several', () => {
    const threads = (cores: number): number[] =>
      peers(cores)
        .filter(({ needs }) => needs === 'PyTorch')
        .map((peer) => peer.threads);
    expect(threads(8)).toEqual([1, 8]);
    expect(threads(1)).toEqual([1]);
  });
});

describe('contenders', () => {
  it('have their programs, and different names', () => {
    const all = [own, ...peers(2)];
    for (const { program } of all) {
      const path = fileURLToPath(new URL(`../../../scripts/peers/${program}`, import.meta.url));
      expect(existsSync(path), path).toBe(true);
    }
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });

  it('are asked for the same step', () => {
    expect(stepRequest(32, 2, { packages: '/p' })).toEqual({
      batch: 32,
      widths: [784, 256, 128, 10],
      dropout: 0.3,
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 5e-4,
      threads: 2,
      packages: '/p',
    });
  });
});

describe('reason', () => {
  it.each([
    [
      "Traceback (most recent call last):\n  File x\nModuleNotFoundError: No module named 'torch'\n",
      "ModuleNotFoundError: No module named 'torch'",
    ],
    ['Warning: limits\n\nError: no adapter\n    at f (x.js:1:2)\n\nNode.js v20.0.0', 'Error: no adapter'],
    ['npm error code E404\nnpm error 404 Not Found\nnpm error A complete log', '404 Not Found'],
    ['Segmentation fault', 'Segmentation fault'],
    ['Warning: limits\n', 'it said nothing'],
    ['', 'it said nothing'],
  ])('%j', (text, expected) => {
    expect(reason(text)).toBe(expected);
  });
});

describe('runCommand', () => {
  const limitMs = 60_000;

  it('gives the exit code and both streams', async () => {
    const program = 'process.stdout.write("out"); process.stderr.write("err"); process.exitCode = 3';
    const result = await runCommand(process.execPath, ['-e', program], { limitMs });
    expect(result).toEqual({ code: 3, stdout: 'out', stderr: 'err' });
  });

  it('of what is not there gives the reason', async () => {
    const result = await runCommand(join(cache, 'nothing'), [], { limitMs });
    expect(result).toMatchObject({ code: null, stderr: expect.stringContaining('ENOENT') as string });
  });

  it('ends what takes too long', async () => {
    const result = await runCommand(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      limitMs: 200,
    });
    expect(result.code).toBeNull();
    expect(result.stderr).toContain('ended by SIGTERM');
  });
});
