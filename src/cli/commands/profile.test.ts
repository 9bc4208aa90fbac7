import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Command } from '../command.js';
import { sharedTrainSettings } from '../train-options.js';
import { command as profile } from './profile.js';
import { command as train } from './train.js';
import type { Trace } from '../../profile/trace.js';
import { capture } from '../../testing/capture.js';
import { fakeEngine } from '../testing/engine.js';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-profile-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

async function run(
  line: string,
  { command = profile, aborted = false }: { command?: Command; aborted?: boolean } = {},
) {
  const [stdout, stderr] = [capture(), capture()];
  const engine = fakeEngine();
  const controller = new AbortController();
  if (aborted) controller.abort();
  let loaded = 0;
  const code = await command.execute(
    line.split(' ').filter((word) => word !== ''),
    {
      stdout,
      stderr,
      signal: controller.signal,
      loadEngine: () => {
        loaded++;
        return Promise.resolve(engine);
      },
    },
  );
  return { code, stdout, stderr, loaded, calls: engine.calls };
}

describe('usage errors: exit code 2, no adapter, no file', () => {
  test.each([
    ['', '--exp is missing'],
    ['--exp all', '--exp cannot be "all"'],
    ['--exp 7', '--exp cannot be "7"'],
    ['--help --exp 7', 'expected: one of 0, 1, 2, 3, 4, 5, 6, final\n'],
    ['--exp 6 --steps 0', '--steps cannot be "0"'],
    ['--exp 6 --steps 1e3', '--steps cannot be "1e3"'],
    ['--exp 6 --steps 100001', '--steps cannot be "100001"'],
    ['--exp 6 --steps', '--steps needs a value'],
    ['--exp 6 --trace', '--trace needs a value'],
    ['--exp 6 --trace=', '--trace needs a value'],
    ['--exp 6 --trace taken/trace.json', '--trace taken cannot be written to'],
    ['--exp 6 --trace .', '--trace . cannot be written to'],
    ['--exp 6 --trace ./', 'found:    a directory'],
    ['--exp 6 --no-timestamps=yes', '--no-timestamps takes no value'],
    ['--exp 6 --epochs 3', 'unknown option --epochs'],
    ['--exp 6 --batch-size 0', '--batch-size cannot be "0"'],
    ['--exp 6 --data synthetic:0', '--data synthetic:0'],
    ['--exp 6 --step 3', 'unknown option --step'],
    ['--exp 6 --tuning=', '--tuning needs a value'],
    ['--help --steps x', '--steps cannot be "x"'],
  ])('%s', async (line, names) => {
    writeFileSync(join(home, 'taken'), '');
    const { code, stdout, stderr, loaded } = await run(line);
    expect({ code, loaded, files: readdirSync(home) }).toEqual({ code: 2, loaded: 0, files: ['taken'] });
    expect(stderr.text()).toContain(names);
    expect(stdout.text()).toBe('');
  });
});

describe('options', () => {
  test('defaults, and the settings of an experiment in the words of train.js', () => {
    const standard = profile.read(['--exp', '6']);
    expect(standard).toMatchObject({ experiment: 6, steps: 300, trace: undefined, noTimestamps: false });
    expect(sharedTrainSettings(standard.given)).toMatchObject({
      data: 'auto',
      seeds: [0],
      overrides: {},
      fuse: true,
    });
    const line =
      '--exp final --steps 7 --seeds 2 --seed 4 --batch-size 32 --hidden 8 --no-fuse --no-timestamps --trace t.json';
    const settings = profile.read(line.split(' '));
    expect(settings).toMatchObject({ experiment: 'final', steps: 7, trace: 't.json', noTimestamps: true });
    expect(sharedTrainSettings(settings.given)).toMatchObject({
      seeds: [4, 5],
      overrides: { batchSize: 32, hidden: [8] },
      fuse: false,
    });
  });

  test('--help needs no adapter', async () => {
    const { code, stdout, loaded } = await run('--help');
    expect({ code, loaded }).toEqual({ code: 0, loaded: 0 });
    expect(stdout.text()).toContain('usage: node scripts/profile.js --exp 0..6|final [options]');
    expect(stdout.text()).toContain('--no-timestamps');
  });
});

describe('a profile', () => {
  test('of the trials that train.js would train, with the options given', async () => {
    const { code, stdout, stderr, calls } = await run('--exp 6 --steps 9 --seeds 2 --no-fuse');
    expect(code).toBe(0);
    expect(stderr.text()).toBe('');
    expect(calls).toMatchObject({ opened: 1, closed: 1, trained: [] });
    expect(calls.profiled).toHaveLength(1);
    const [{ trials, fuse, options }] = calls.profiled as [(typeof calls.profiled)[0]];
    expect(trials).toHaveLength(8);
    expect(fuse).toBe(false);
    expect(options).toMatchObject({ steps: 9, timestamps: true });
    for (const part of [
      'adapter: a test adapter (a software adapter',
      'Experiment 6',
      'steps timed dispatch by dispatch',
      'load average before',
    ])
      expect(stdout.text()).toContain(part);
    expect(readdirSync(home)).toEqual([]);
  });

  test('--quiet leaves the tables', async () => {
    const { stdout } = await run('--exp 6 --quiet');
    expect(stdout.text()).toContain('steps timed dispatch by dispatch');
    expect(stdout.text()).not.toContain('load average');
  });

  test('--json: a record per group, and nothing else on stdout', async () => {
    const { stdout, stderr } = await run('--exp 6 --json --trace t.json');
    const records = stdout.records();
    expect(records.map(({ event }) => event)).toEqual(['start', 'load', 'profile', 'trace', 'load', 'done']);
    const profile = records.find(({ event }) => event === 'profile')!;
    expect(profile).toMatchObject({ experiment: 6, clock: 'timestamps', timedSteps: 2, trials: 4 });
    expect(Object.keys(profile)).toEqual(
      expect.arrayContaining(['kernels', 'ops', 'between', 'pace', 'watchedPace', 'ceilings', 'memory']),
    );
    expect(stderr.text()).toContain('steps timed dispatch by dispatch');
  });

  test('--trace writes a file that can be read as JSON, an event on each line', async () => {
    const { code, stdout } = await run('--exp 6 --trace trace.json');
    expect(code).toBe(0);
    const text = readFileSync(join(home, 'trace.json'), 'utf8');
    const trace = JSON.parse(text) as Trace;
    expect(trace.otherData).toMatchObject({ experiment: 6, adapter: 'a test adapter', data: 'auto' });
    expect(text.split('\n')).toHaveLength(trace.traceEvents.length + 4);
    expect(stdout.text()).toContain(`trace: trace.json, ${trace.traceEvents.length} events`);
    expect(readdirSync(home)).toEqual(['trace.json']);
  });

  test('--trace makes the directory that its file lies in', async () => {
    const { code } = await run('--exp 6 --trace new/one/trace.json');
    expect(code).toBe(0);
    expect(readdirSync(join(home, 'new', 'one'))).toEqual(['trace.json']);
  });

  test('a tuning file that is not there is refused before an adapter is opened', async () => {
    const { code, stderr, loaded } = await run('--exp 6 --tuning missing.json');
    expect(code).toBeGreaterThan(0);
    expect(loaded).toBe(0);
    expect(stderr.text()).toContain('missing.json');
  });

  test('Ctrl-C: exit code 130, the adapter is closed, nothing is written', async () => {
    const { code, calls } = await run('--exp 6 --trace t.json', { aborted: true });
    expect(code).toBe(130);
    expect(calls.closed).toBe(calls.opened);
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('train.js --profile', () => {
  const summary = () =>
    JSON.parse(readFileSync(join(home, 'out', 'summary.json'), 'utf8')) as Record<string, unknown>;

  test('tells the profile after the results, and puts it into summary.json', async () => {
    const { code, stdout } = await run('--exp 6 --out out --profile', { command: train });
    expect(code).toBe(0);
    const text = stdout.text();
    expect(text.indexOf('steps timed dispatch by dispatch')).toBeGreaterThan(text.indexOf('what it shows'));
    expect(summary().profile).toMatchObject([{ clock: 'timestamps', watchedPace: null, timedSteps: 2 }]);
  });

  test('as an event, too', async () => {
    const { stdout } = await run('--exp 6 --out out --profile --json', { command: train });
    expect(stdout.records().filter(({ event }) => event === 'profile')).toHaveLength(1);
  });

  test('--trace FILE profiles, and writes a trace of the whole run', async () => {
    const { code, stdout } = await run('--exp 6 --out out --trace traces/t.json', { command: train });
    expect(code).toBe(0);
    const trace = JSON.parse(readFileSync(join(home, 'traces', 't.json'), 'utf8')) as Trace;
    expect(trace.otherData).toMatchObject({ experiment: 6, adapter: 'a test adapter', complete: true });
    expect(stdout.text()).toContain(`trace: ${join('traces', 't.json')}, ${trace.traceEvents.length} events`);
    expect(summary()).toHaveProperty('profile');
  });

  test.each([
    ['--exp 6 --trace .', '--trace . cannot be written to'],
    ['--exp all --trace t.json', '--trace does not go with --exp all'],
  ])('%s is refused before anything is opened', async (line, names) => {
    const { code, stderr, loaded } = await run(line, { command: train });
    expect({ code, loaded, files: readdirSync(home) }).toEqual({ code: 2, loaded: 0, files: [] });
    expect(stderr.text()).toContain(names);
  });

  test('without it there is none', async () => {
    const { stdout } = await run('--exp 6 --out out', { command: train });
    expect(stdout.text()).not.toContain('dispatch');
    expect(summary()).not.toHaveProperty('profile');
  });
});
