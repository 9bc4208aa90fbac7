import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { bench } from './bench.js';
import type { StepRequest } from '../../tools/bench/contenders.js';
import type { StartOptions } from '../../tools/bench/process.js';
import type { RunCommand } from '../../tools/bench/peers.js';
import type { ChosenAdapter } from '../../tools/bench/step-bench.js';
import { tuningText } from '../../kernels/index.js';
import { capture } from '../../testing/capture.js';
import { fakeRunning, idleMachine, type FakeRunning } from '../../tools/bench/testing/contenders.js';
import { fakeBench, type FakeBench } from '../../tools/bench/testing/step-bench.js';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'wgsl-train-bench-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true, force: true });
});

interface Behaviour {
  /** How npm and Python end; 0 by default. */
  readonly exitCode?: (command: string) => number;
  /** What a program becomes; by default one that takes 2 ms per step. */
  readonly start?: (program: string, request: StepRequest) => FakeRunning;
  readonly controller?: AbortController;
  /** Where trials are timed. */
  readonly bench?: FakeBench;
}

async function run(argv: readonly string[], behaviour: Behaviour = {}) {
  const { exitCode = () => 0, controller = new AbortController() } = behaviour;
  const start = behaviour.start ?? (() => fakeRunning((steps) => ({ ms: 2 * steps, loss: 1 })));
  const [stdout, stderr] = [capture(), capture()];
  const commands: string[] = [];
  const requests: StepRequest[] = [];
  const runnings: FakeRunning[] = [];
  const opened: ChosenAdapter[] = [];
  let samples = 0;
  const runFake: RunCommand = (command) => {
    commands.push(command);
    const probe = [
      { ready: { runsOn: 'CPU', python: command } },
      { steps: 50, ms: 100, cpuMs: 100, loss: 1 },
    ];
    const stdout = probe.map((each) => `${JSON.stringify(each)}\n`).join('');
    return Promise.resolve({ code: exitCode(command), stdout, stderr: `${command} is out of order` });
  };
  const tools = {
    cache,
    watch: idleMachine(() => samples++),
    run: runFake,
    open: (options: ChosenAdapter) => {
      opened.push(options);
      return Promise.resolve(behaviour.bench ?? fakeBench());
    },
    start: ({ args }: StartOptions) =>
      new Promise<FakeRunning>((resolve) => {
        const request = JSON.parse(args[1]!) as StepRequest;
        requests.push(request);
        const running = start(args[0]!.split(/[/\\]/).at(-1)!, request);
        runnings.push(running);
        resolve(running);
      }),
  };
  const loadEngine = (): never => {
    throw new Error('the benchmark needs no data and no experiments');
  };
  const code = await bench(tools).execute(argv, { stdout, stderr, signal: controller.signal, loadEngine });
  return { code, stdout, stderr, commands, requests, runnings, opened, samples };
}

describe('scripts/bench.js', () => {
  it('measures this project alone, and installs nothing', async () => {
    const { code, stdout, commands, requests, runnings, samples } = await run(['--rounds', '3']);
    expect(samples).toBe(9);
    expect({ code, commands, files: readdirSync(cache) }).toEqual({ code: 0, commands: [], files: [] });
    expect(requests.map(({ batch }) => batch)).toEqual([32, 128, 256]);
    for (const running of runnings) {
      // 1.5 s at 2 ms per step, after the calibration.
      expect(running.asked.slice(-3)).toEqual([750, 750, 750]);
      expect(running.stopped).toBe(true);
    }
    expect(stdout.text()).toContain('  128  wgsl-train  500 (500-500)');
    expect(stdout.text()).toContain('others kept 0 % of this machine');
  });

  it('measures everyone with the same step, on the same adapter', async () => {
    const argv = ['--peers', '--batch', '64', '--steps', '7', '--rounds', '2', '--adapter', 'llvm'];
    const { code, requests, runnings } = await run(argv);
    expect(code).toBe(0);
    expect(requests.length).toBeGreaterThanOrEqual(5);
    for (const request of requests)
      expect(request).toMatchObject({ batch: 64, adapter: 'llvm', widths: [784, 256, 128, 10] });
    for (const { asked, stopped } of runnings)
      expect({ asked, stopped }).toEqual({ asked: [7, 7], stopped: true });
  });

  it('measures in pages those that run there', async () => {
    // Nothing is started here: any program does in the browser's place.
    vi.stubEnv('CHROMIUM', process.execPath);
    const started: string[] = [];
    const argv = ['--browser', '--peers', '--batch', '32', '--steps', '7', '--rounds', '1'];
    const { code, stdout } = await run(argv, {
      start: (program) => {
        started.push(program);
        return fakeRunning((steps) => ({ ms: steps, loss: 1 }));
      },
    });
    expect({ code, started }).toEqual({ code: 0, started: ['wgsl-train.js', 'tfjs-webgpu.js', 'jax.js'] });
    expect(stdout.text()).toMatch(/ {7}tfjs-webgpu +1000 .* 1x/);
  });

  it('says which browser it needs where there is none', async () => {
    vi.stubEnv('CHROMIUM', join(cache, 'nothing'));
    const { code, stderr } = await run(['--browser', '--batch', '32', '--rounds', '1']);
    expect(code).toBeGreaterThan(0);
    expect(stderr.text()).toContain('set CHROMIUM to where it is');
  });

  it('says which peers it cannot have, and why; the others are measured', async () => {
    const { code, stdout } = await run(['--peers', '--batch', '32', '--rounds', '1'], {
      exitCode: (command) => (command === 'npm' ? 1 : 0),
    });
    expect(code).toBe(0);
    for (const name of ['tfjs-webgpu', 'jax-js', 'tfjs-wasm'])
      expect(stdout.text()).toMatch(
        new RegExp(`^${name} is not measured: npm could not install .* out of order$`, 'm'),
      );
    expect(stdout.text()).toMatch(/PyTorch CPU, 1 thread +500/);
    const none = await run(['--peers', '--batch', '32', '--rounds', '1'], { exitCode: () => 1 });
    expect(none.code).toBe(0);
    expect(none.stdout.text()).toContain('PyTorch CPU, 1 thread is not measured: no Python with PyTorch');
    expect(none.requests).toHaveLength(1);
  });

  it('says which peer failed, and goes on', async () => {
    const { code, stdout, runnings } = await run(
      ['--peers', '--batch', '32', '--rounds', '2', '--steps', '5'],
      {
        start: (program) => {
          if (program === 'jax.js') throw new Error('it ended (SIGSEGV): out of luck');
          return fakeRunning((steps, call) => {
            if (program === 'tfjs-wasm.js' && call === 1) throw new Error('it ended (SIGKILL)');
            return { ms: steps, loss: 1 };
          });
        },
      },
    );
    expect(code).toBe(0);
    expect(stdout.text()).toContain('jax-js is not measured: it ended (SIGSEGV): out of luck (batch 32)');
    expect(stdout.text()).toContain(
      'tfjs-wasm is not measured: failed in round 2: it ended (SIGKILL) (batch 32)',
    );
    expect(stdout.text()).toMatch(/ {7}tfjs-webgpu +1000/);
    expect(stdout.text()).not.toMatch(/ {7}(jax-js|tfjs-wasm) /);
    for (const { stopped } of runnings) expect(stopped).toBe(true);
  });

  it('ends with the error of this project, and ends everyone', async () => {
    const noAdapter = await run([], {
      start: () => {
        throw new EngineError('no-adapter', 'no WebGPU adapter was found');
      },
    });
    expect(noAdapter.code).toBe(69);
    expect(noAdapter.stderr.text()).toContain('no WebGPU adapter was found');
    const crashed = await run(['--peers', '--batch', '32', '--steps', '5'], {
      start: (program) =>
        fakeRunning((steps, call) => {
          if (program === 'wgsl-train.js' && call === 1) throw new Error('it ended (SIGSEGV)');
          return { ms: steps, loss: 1 };
        }),
    });
    expect(crashed.code).toBe(1);
    expect(crashed.stderr.text()).toContain('wgsl-train could not be measured: it ended (SIGSEGV)');
    for (const { stopped } of crashed.runnings) expect(stopped).toBe(true);
  });

  it('Ctrl-C ends everyone with 130', async () => {
    const controller = new AbortController();
    const { code, runnings } = await run(['--peers', '--batch', '32', '--steps', '5'], {
      controller,
      start: () =>
        fakeRunning((steps, call) => {
          if (call === 1) controller.abort();
          return { ms: steps, loss: 1 };
        }),
    });
    expect(code).toBe(130);
    for (const { stopped } of runnings) expect(stopped).toBe(true);
  });

  it('--json: one object per line and nothing else on stdout', async () => {
    const argv = ['--json', '--peers', '--batch', '32', '--rounds', '2', '--steps', '10'];
    const { stdout, stderr } = await run(argv, { exitCode: (command) => (command === 'npm' ? 1 : 0) });
    const records = stdout.records();
    const events = (name: string) => records.filter(({ event }) => event === name);
    expect(events('skipped').map(({ contender }) => contender)).toEqual([
      'tfjs-webgpu',
      'jax-js',
      'tfjs-wasm',
    ]);
    expect(events('round')[0]).toEqual({
      event: 'round',
      batch: 32,
      round: 1,
      contender: 'wgsl-train',
      steps: 10,
      ms: 20,
      cpuMs: 20,
      stepsPerSecond: 500,
      loss: 1,
    });
    expect(events('result')[1]).toMatchObject({
      contender: 'PyTorch CPU, 1 thread',
      batch: 32,
      ratio: { median: 1, min: 1, max: 1 },
      runsOn: 'a test machine',
    });
    expect(events('machine')).toMatchObject([{ busyByOthers: 0, busy: false, cores: 2 }]);
    expect(stderr.text()).toContain('wgsl-train against it');
  });

  it('--quiet leaves the tables', async () => {
    const { stdout } = await run(['--quiet', '--batch', '32', '--rounds', '1']);
    expect(stdout.text()).not.toContain('round 1');
    expect(stdout.text()).toContain('   32  wgsl-train');
  });

  it.each([
    [['--batch', '0'], '--batch cannot be "0"'],
    [['--batch', '32,'], '--batch cannot be "32,"'],
    [['--batch', '65537'], '--batch cannot be "65537"'],
    [['--steps', '0'], '--steps cannot be "0"'],
    [['--steps', '1.5'], '--steps cannot be "1.5"'],
    [['--rounds', '-1'], '--rounds cannot be "-1"'],
    [['--peers=all'], '--peers takes no value'],
    [['--trials', '1'], '--trials cannot be "1"'],
    [['--trials', '257'], '--trials cannot be "257"'],
    [['--trials'], '--trials needs a value'],
    [['--peers', '--trials', '3'], '--peers and --trials do not go together'],
    [['--browser', '--trials', '3'], '--browser and --trials do not go together'],
    [['--browser', '--adapter', '0'], '--browser and --adapter do not go together'],
    [['--browser', '--tuning', 'x.json'], '--browser and --tuning do not go together'],
    [['--python', '/a/python'], '--python goes with --peers'],
    [['--tuning', ''], '--tuning needs a value'],
    [['--tuning', '\n'], '--tuning cannot be "\\n"'],
    [['--peer'], 'did you mean --peers?'],
    [['--adapter', ' '], '--adapter cannot be " "'],
    [['32'], 'unexpected argument "32"'],
  ])('%j exits 2 and starts nothing', async (argv, message) => {
    const { code, stderr, commands, requests, opened } = await run(argv);
    expect({ code, commands, requests, opened }).toEqual({ code: 2, commands: [], requests: [], opened: [] });
    expect(stderr.text()).toContain(message);
  });

  describe('--tuning', () => {
    const text = tuningText({ adapter: 'a test adapter', subgroupSize: 8, entries: [{ variant: 'split' }] });

    it('goes to this project, and to no peer', async () => {
      const file = join(cache, 'tuning.json');
      writeFileSync(file, text);
      const argv = ['--json', '--peers', '--batch', '32', '--rounds', '1', '--steps', '5', '--tuning', file];
      const { code, stdout, stderr, requests } = await run(argv);
      expect(code).toBe(0);
      expect(requests.map(({ tuning }) => tuning)).toEqual([file, ...requests.slice(1).map(() => undefined)]);
      const sha256 = createHash('sha256').update(text).digest('hex');
      expect(stdout.records()[0]).toEqual({ event: 'tuning', file, sha256 });
      expect(stderr.text()).toContain(`tuning:  ${file}, 1 choice before the rules`);
    });

    it('goes to the adapter that trials are timed on', async () => {
      const file = join(cache, 'tuning.json');
      writeFileSync(file, text);
      const { code, opened } = await run(['--trials', '2', '--steps', '5', '--tuning', file]);
      expect({ code, opened }).toMatchObject({
        code: 0,
        opened: [{ tuning: { file, tuning: { entries: [{ variant: 'split' }] } } }],
      });
    });

    it('that is missing or damaged starts nothing', async () => {
      const file = join(cache, 'tuning.json');
      const missing = await run(['--tuning', file]);
      expect({ code: missing.code, requests: missing.requests }).toEqual({ code: 66, requests: [] });
      writeFileSync(file, text.slice(0, -20));
      const damaged = await run(['--trials', '2', '--tuning', file]);
      expect({ code: damaged.code, opened: damaged.opened }).toEqual({ code: 65, opened: [] });
    });
  });

  describe('--trials', () => {
    it('tells both ways and their ratio', async () => {
      // Three trials at once take as long as two alone.
      const bench = fakeBench({ ms: (_, __, trials) => (trials === 1 ? 2 : 4) });
      const argv = ['--trials', '3', '--batch', '32,64', '--rounds', '2', '--steps', '10'];
      const { code, stdout, opened, samples } = await run([...argv, '--adapter', 'llvm'], { bench });
      expect({ code, opened, samples, closed: bench.closed, live: bench.live }).toEqual({
        code: 0,
        opened: [{ adapter: 'llvm', tuning: null }],
        samples: 4,
        closed: true,
        live: 0,
      });
      const text = stdout.text();
      expect(text).toContain('3 trials of 784-256-128-10');
      expect(text).toMatch(/^ {3}64 +750 \(750-750\) +500 \(500-500\) +1\.5x \(1\.5-1\.5\) +2x \(2-2\)$/m);
      expect(text).toContain('others kept 0 % of this machine');
    });

    it('--json: one object per line and nothing else on stdout', async () => {
      const argv = ['--json', '--trials', '3', '--batch', '32', '--rounds', '1', '--steps', '10'];
      const { stdout } = await run(argv, { bench: fakeBench({ ms: () => 2 }) });
      expect(stdout.records()).toMatchObject([
        { event: 'adapter', description: 'a test adapter', software: true, trials: 3 },
        { event: 'round', batch: 32, round: 1, trials: 3, steps: 10, togetherMs: 20, aloneMs: 60 },
        { event: 'result', batch: 32, trials: 3, steps: 10, ratio: { median: 3 }, timeOfOne: { median: 1 } },
        { event: 'machine' },
      ]);
    });

    it('trials that do not fit exit 2, and the adapter is given back', async () => {
      const bench = fakeBench({ widest: 100 });
      const { code, stderr } = await run(['--trials', '3', '--batch', '32'], { bench });
      expect({ code, closed: bench.closed }).toEqual({ code: 2, closed: true });
      expect(stderr.text()).toContain('larger than the device allows');
    });
  });

  it('--help starts nothing', async () => {
    const { code, stdout, commands, requests } = await run(['--help']);
    expect({ code, commands, requests }).toEqual({ code: 0, commands: [], requests: [] });
    expect(stdout.text()).toContain('usage: node scripts/bench.js');
  });
});
