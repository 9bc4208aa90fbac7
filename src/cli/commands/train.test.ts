import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { command } from './train.js';
import type { Summary } from '../../experiments/index.js';
import type { Trial } from '../../train/types.js';
import { badCommandLines } from '../testing/bad-command-lines.js';
import { capture } from '../../testing/capture.js';
import { fakeEngine, type FakeBehaviour } from '../testing/engine.js';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-cli-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

/** Runs the command in an empty directory with an engine that invents results. */
async function run(line: string | readonly string[], behaviour: FakeBehaviour = {}, columns?: number) {
  const stdout = capture(columns);
  const stderr = capture(columns);
  const engine = fakeEngine(behaviour);
  const controller = new AbortController();
  let loaded = 0;
  const code = await command.execute(typeof line === 'string' ? line.split(' ') : line, {
    stdout,
    stderr,
    signal: controller.signal,
    loadEngine: () => {
      loaded++;
      return Promise.resolve(engine);
    },
  });
  return { code, stdout, stderr, loaded, files: readdirSync(home), ...engine };
}

const summary = (...path: string[]) => JSON.parse(readFileSync(join(home, ...path), 'utf8')) as Summary;

describe('usage errors', () => {
  it.each(badCommandLines)('%j: exit code 2, no adapter, no file', async (argv, names) => {
    const { code, stdout, stderr, loaded, files } = await run(argv);
    expect({ code, loaded, files }).toEqual({ code: 2, loaded: 0, files: [] });
    expect(stderr.text()).toContain(names);
    if (!argv.includes('--json')) expect(stdout.text()).toBe('');
  });

  it('depend on the experiment too: patience needs a validation set', async () => {
    const { code, stderr, loaded } = await run('--exp 0 --patience 3');
    expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    expect(stderr.text()).toContain('--patience does not apply to experiment 0');
  });

  it('depend on the file system: --out must not be a file', async () => {
    writeFileSync(join(home, 'taken'), '');
    const { code, stderr, loaded } = await run('--exp 1 --out taken');
    expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    expect(stderr.text()).toContain('is a file');
  });

  it('are JSON too with --json', async () => {
    const { stdout, stderr } = await run('--exp abc --json');
    expect(stdout.records()).toMatchObject([
      { event: 'error', kind: 'usage', exitCode: 2, message: '--exp cannot be "abc"' },
    ]);
    expect(stderr.text()).toContain('--exp cannot be "abc"');
  });
});

describe('an experiment', () => {
  it('writes its summary and tells table, selection, conclusions, data and adapter', async () => {
    const { code, stdout, stderr, calls } = await run('--exp 6 --seeds 2 --epochs 3', {
      losses: ({ config, seed }) => [0.9, config.batchSize / 1000 + seed / 100, 0.9],
    });
    expect(code).toBe(0);
    expect(stderr.text()).toBe('');
    expect(calls).toMatchObject({ opened: 1, closed: 1, resolved: ['auto'], fuse: [true] });
    expect(calls.trained.map((trials) => trials.length)).toEqual([8]);
    const text = stdout.text();
    for (const part of [
      'data:    auto, 100 training and 30 test images of 2x2, 10 classes',
      'changed: --epochs 3 takes the place of 200',
      'selected: batch-size=32, seed 0 (lowest best validation loss, mean over seeds',
      'what it shows (3 more in the report)\n- batch-size=32 has the lowest best validation loss, 0.0370 ± 0.0071',
      'adapter: a test adapter (a software adapter: the CPU runs the shaders)',
      `report:  ${join('runs', 'exp6-')}`,
      'next:    node scripts/serve.js',
    ])
      expect(text.replace(/\n {2}/g, ' ')).toContain(part);
    expect(readdirSync(join(home, 'runs'))).toEqual([
      expect.stringMatching(/^exp6-\d{8}-\d{6}$/) as string,
      'latest',
    ]);
    expect(readdirSync(join(home, 'runs', 'latest')).sort()).toEqual([
      'charts',
      'checkpoints',
      'config.json',
      'environment.json',
      'metrics.csv',
      'metrics.jsonl',
      'report.html',
      'summary.json',
    ]);
    const written = summary('runs', 'latest', 'summary.json');
    expect(written).toMatchObject({
      schema: 1,
      experiment: 6,
      dataset: { name: 'auto', train: 80, validation: 20, test: 30, notice: null },
      adapter: { description: 'a test adapter', software: true },
      selected: { variant: 'batch-size=32', seed: 0 },
      command: ['--exp', '6', '--seeds', '2', '--epochs', '3'],
      fused: true,
    });
    expect(Object.keys(written.versions)).toEqual(['wgsl-train', 'webgpu', 'node']);
    expect(JSON.parse(readFileSync(join(home, 'runs', 'latest', 'environment.json'), 'utf8'))).toMatchObject({
      adapter: { description: 'a test adapter', raisedLimits: { maxBufferSize: 2 ** 30 } },
    });
    expect(written.conclusions.length).toBeGreaterThan(2);
  });

  it('gives the notice of the data set at the start, at the end and in the summary', async () => {
    const notice = 'KMNIST could not be downloaded, so this is the synthetic set';
    const { stdout } = await run('--exp 1 --out out', { dataset: { notice } });
    expect(stdout.text().split(`NOTICE:  ${notice}`)).toHaveLength(3);
    expect(summary('out', 'summary.json').dataset.notice).toBe(notice);
  });

  it('keeps the notice and the software adapter in --quiet results', async () => {
    const { stdout } = await run('--exp 1 --quiet', { dataset: { notice: 'why' } });
    expect(stdout.text()).toContain('NOTICE:  why');
    expect(stdout.text()).toContain('(auto, software adapter)');
    expect(stdout.text()).not.toContain('epoch  1/50');
  });

  it('says nothing of software on a hardware adapter', async () => {
    const { stdout } = await run('--exp 1', { software: false });
    expect(stdout.text()).not.toContain('software');
    expect(summary('runs', 'latest', 'summary.json').adapter.software).toBe(false);
  });

  it('never writes over another run, unless it is told to', async () => {
    await run('--exp 1 --out here');
    const { code, stderr, loaded } = await run('--exp 1 --seed 5 --out here');
    expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    expect(stderr.text()).toContain('here holds a run already');
    expect(summary('here', 'summary.json').selected.seed).toBe(0);
    writeFileSync(join(home, 'here', 'notes.txt'), 'mine');
    expect((await run('--exp 1 --seed 5 --out here --overwrite')).code).toBe(0);
    expect(summary('here', 'summary.json').selected.seed).toBe(5);
    expect(readdirSync(join(home, 'here', 'checkpoints'))).toEqual(['baseline-seed5']);
    expect(readFileSync(join(home, 'here', 'notes.txt'), 'utf8')).toBe('mine');
  });

  it('writes event files for TensorBoard if asked, for each trial of each experiment', async () => {
    await run('--exp 1 --out plain');
    expect(readdirSync(join(home, 'plain'))).not.toContain('tensorboard');
    await run('--exp 2 --seeds 2 --out here --tensorboard');
    expect(readdirSync(join(home, 'here', 'tensorboard'))).toEqual(
      readdirSync(join(home, 'here', 'checkpoints')),
    );
  });

  it('two runs in one second have directories of their own', async () => {
    await run('--exp 1');
    await run('--exp 1');
    expect(readdirSync(join(home, 'runs'))).toHaveLength(3);
  });

  it('does again what a config.json says, with what is given beside it', async () => {
    const first = await run(
      '--exp 4 --seeds 2 --seed 3 --epochs 3 --hidden 8,6 --lr 0.01 --decay l2 --no-fuse --out a',
    );
    const config = join(home, 'a', 'config.json');
    // Editors of Windows put a byte order mark in front.
    writeFileSync(config, `\ufeff${readFileSync(config, 'utf8')}`);
    const again = await run('--config a/config.json --seed 7 --out b');
    expect(again.code).toBe(0);
    expect(again.calls.fuse).toEqual([false]);
    const plain = (trials: readonly Trial[]) => trials.map(({ variant, config }) => ({ variant, config }));
    expect(plain(again.calls.trained[0]!)).toEqual(plain(first.calls.trained[0]!));
    expect(again.calls.trained[0]!.map(({ seed }) => seed).slice(0, 2)).toEqual([7, 8]);
  });

  it('leaves the terminal clean: no live line is left behind', async () => {
    // The tests themselves may run in a CI job.
    vi.stubEnv('CI', '');
    vi.stubEnv('TERM', 'xterm');
    const { code, stdout } = await run('--exp 1', {}, 80);
    expect(code).toBe(0);
    const [, ...pieces] = stdout.text().split('\r\u001b[K');
    expect(pieces.length).toBeGreaterThan(3);
    // What a terminal shows of a line is what follows its last erasure.
    for (const line of stdout.lines()) expect(line.split('\r\u001b[K').at(-1)).not.toMatch(/\[#*-*\]/);
  });

  it('tells five lines of conclusions at most; the report has them all, and the confusion matrix', async () => {
    for (const line of ['--exp 4', '--exp 4 --seeds 3', '--exp final', '--exp 1 --seeds 2']) {
      const { stdout } = await run(`${line} --out out --overwrite`);
      const shown = /\nwhat it shows.*\n([^]*?)\n\nreport: /.exec(stdout.text())![1]!;
      expect(shown.split('\n').length, line).toBeLessThanOrEqual(5);
      expect(stdout.text().match(/One seed/g) ?? []).toHaveLength(line.includes('seeds') ? 0 : 1);
      const page = readFileSync(join(home, 'out', 'report.html'), 'utf8');
      const { conclusions, selected } = summary('out', 'summary.json');
      expect(/<ul class="conclusions">[^]*?<\/ul>/.exec(page)![0].match(/<li>/g)).toHaveLength(
        conclusions.length,
      );
      expect(selected.confusion).toHaveLength(10);
      expect(page).toContain('confusion');
    }
  });

  it('passes settings on', async () => {
    const { calls } = await run('--exp 6 --batch-size 48 --decay l2 --lr 0.5 --no-fuse');
    expect(calls.fuse).toEqual([false]);
    expect(
      calls.trained[0]!.map(({ config }) => [config.batchSize, config.decay, config.learningRate]),
    ).toEqual([[48, 'l2', 0.5]]);
  });
});

describe('--json', () => {
  it('has only JSON on stdout, in the order of the events', async () => {
    const { code, stdout, stderr } = await run('--exp 3 --json');
    expect(code).toBe(0);
    const events = stdout.records().map(({ event }) => event);
    expect(events.slice(0, 3)).toEqual(['start', 'experiment', 'epoch']);
    expect(events.filter((event) => event === 'epoch')).toHaveLength(3);
    expect(events.filter((event) => event === 'result')).toHaveLength(2);
    expect(events.filter((event) => event === 'conclusion').length).toBeGreaterThan(1);
    expect(events.slice(-3)).toEqual(['saved', 'report', 'done']);
    const written = summary('runs', 'latest', 'summary.json');
    const results = stdout.records().filter(({ event }) => event === 'result');
    expect(results[0]).toEqual({
      event: 'result',
      experiment: 3,
      variant: 'hidden=256,128',
      ...written.variants[0]!.runs[0],
    });
    expect(stderr.text()).toContain('Experiment 3: more capacity');
  });

  it('with --quiet leaves stderr to results', async () => {
    const { stderr } = await run('--exp 3 --json --quiet');
    expect(stderr.text()).not.toContain('epoch  1/50');
    expect(stderr.text()).toContain('hidden=256,128');
  });

  it.each([
    ['--version --json', ['version']],
    ['--list --json', Array<string>(8).fill('experiment')],
  ])('%s', async (line, events) => {
    const { stdout } = await run(line);
    expect(stdout.records().map(({ event }) => event)).toEqual(events);
  });
});

describe('--exp all', () => {
  it('runs every experiment, trains nothing twice, and ends with one table', async () => {
    const { code, stdout, calls } = await run('--exp all --patience 5', {
      losses: ({ config }) => [0.9, config.batchSize === 64 ? 0.1 : 0.5, 0.9],
    });
    expect(code).toBe(0);
    const trained = calls.trained.flat().map(({ config, seed }) => JSON.stringify([config, seed]));
    expect(new Set(trained).size).toBe(trained.length);
    expect(readdirSync(join(home, 'runs', 'latest')).sort()).toEqual([
      'charts',
      'config.json',
      'environment.json',
      'exp0',
      'exp1',
      'exp2',
      'exp3',
      'exp4',
      'exp5',
      'exp6',
      'final',
      'report.html',
      'summary.json',
    ]);
    const whole = JSON.parse(readFileSync(join(home, 'runs', 'latest', 'summary.json'), 'utf8')) as {
      experiments: Summary[];
    };
    expect(whole.experiments.map(({ experiment }) => experiment)).toEqual([0, 1, 2, 3, 4, 5, 6, 'final']);
    expect(stdout.text()).toContain(
      'The series: here (auto, one seed) | as published (full KMNIST, one run each)',
    );
    expect(stdout.text().replace(/\s+/g, ' ')).toContain('the series used l2 (--decay l2)');
    expect(stdout.text()).toContain('--patience does not apply without a validation set');
  });

  it('gives final the batch size that experiment 6 selected', async () => {
    const { stdout } = await run('--exp all', {
      losses: ({ config }) => [0.9, config.batchSize === 64 ? 0.1 : 0.5, 0.9],
    });
    expect(summary('runs', 'latest', 'final', 'summary.json').variants[0]!.config.batchSize).toBe(64);
    expect(stdout.text()).toContain('batch-size=64 is what experiment 6 selected');
  });

  it('keeps what was finished when a later experiment fails', async () => {
    const { code } = await run('--exp all', {
      beforeTraining: (call) => {
        if (call === 3) throw new EngineError('diverged', 'training diverged');
      },
    });
    expect(code).toBe(4);
    const finished = (name: string) => existsSync(join(home, 'runs', 'latest', name, 'summary.json'));
    expect(['exp0', 'exp1', 'exp2'].map(finished)).toEqual([true, true, false]);
  });
});

describe('failures', () => {
  it('no adapter: exit code 69, what was looked for and what to install, nothing written', async () => {
    const openError = new EngineError('no-adapter', 'no WebGPU adapter was found', {
      found: 'no Vulkan driver',
      remedy: 'install a driver',
    });
    const { code, stderr, files, calls } = await run('--exp 6', { openError });
    expect({ code, files }).toEqual({ code: 69, files: [] });
    expect(stderr.text()).toBe(
      'no WebGPU adapter was found\n  found:    no Vulkan driver\n  remedy:   install a driver\n',
    );
    expect(calls).toMatchObject({ resolved: [], trained: [] });
  });

  it('divergence: exit code 4, no summary, the adapter is closed, and an old summary stays', async () => {
    await run('--exp 1');
    const { code, stdout, stderr, calls } = await run('--exp 1 --seed 9 --json', {
      beforeTraining: () => {
        throw new EngineError('diverged', 'training diverged');
      },
    });
    expect(code).toBe(4);
    expect(calls.closed).toBe(1);
    expect(stderr.text()).toContain('training diverged');
    expect(stdout.records().at(-1)).toMatchObject({ event: 'error', kind: 'diverged', exitCode: 4 });
    const [first] = readdirSync(join(home, 'runs')).sort();
    expect(summary('runs', first!, 'summary.json').selected.seed).toBe(0);
    expect(readdirSync(join(home, 'runs'))).toHaveLength(2);
  });

  it('anything unexpected: exit code 1, its stack, and that it is a bug', async () => {
    const { code, stderr, files } = await run('--exp 1', {
      beforeTraining: () => {
        throw new TypeError('undefined is not a function');
      },
    });
    expect({ code, files }).toEqual({ code: 1, files: [] });
    expect(stderr.text()).toContain('TypeError: undefined is not a function\n    at ');
    expect(stderr.text()).toContain('this is a bug in wgsl-train');
  });

  it('Ctrl-C: exit code 130, nothing written, the adapter is closed', async () => {
    const controller = new AbortController();
    const engine = fakeEngine({
      beforeTraining: () => {
        controller.abort();
      },
    });
    const stdout = capture(80);
    const stderr = capture();
    const code = await command.execute(['--exp', '6'], {
      stdout,
      stderr,
      signal: controller.signal,
      loadEngine: () => Promise.resolve(engine),
    });
    expect(code).toBe(130);
    expect(stderr.text()).toContain('interrupted');
    expect(engine.calls).toMatchObject({ opened: 1, closed: 1 });
    expect(existsSync(join(home, 'runs'))).toBe(false);
  });
});

describe('without an experiment', () => {
  it.each([
    ['--help', 'usage: node scripts/train.js'],
    ['--list', 'batch-size=256'],
    ['--version', '.'],
  ])('%s needs no engine', async (line, part) => {
    const { code, stdout, loaded, files } = await run(line);
    expect({ code, loaded, files }).toEqual({ code: 0, loaded: 0, files: [] });
    expect(stdout.text()).toContain(part);
  });

  it('--print-plan trains nothing and writes nothing', async () => {
    const { code, stdout, files, calls } = await run('--exp 4 --print-plan --seeds 2');
    expect({ code, files, trained: calls.trained, closed: calls.closed }).toEqual({
      code: 0,
      files: [],
      trained: [],
      closed: 1,
    });
    expect(stdout.text()).toBe('plan of 10 trials\n');
    expect((await run('--exp 4 --print-graph')).stdout.text()).toBe('flowchart of 5 trials\n');
  });
});
