import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { scale } from './scale.js';
import { capture } from '../../testing/capture.js';
import type { OpenStepBench, ChosenAdapter } from '../../tools/bench/step-bench.js';
import { tuningText } from '../../kernels/index.js';
import { idleMachine } from '../../tools/bench/testing/contenders.js';
import { fakeBench, type FakeBench, type FakeBenchOptions } from '../../tools/bench/testing/step-bench.js';

async function run(argv: readonly string[], options: FakeBenchOptions = {}, openError?: Error) {
  const [stdout, stderr] = [capture(), capture()];
  const opened: ({ bench: FakeBench } & ChosenAdapter)[] = [];
  const loadEngine = (): never => {
    throw new Error('the table needs no data and no experiments');
  };
  const { signal } = new AbortController();
  const open: OpenStepBench = (given) => {
    if (openError !== undefined) return Promise.reject(openError);
    const bench = fakeBench(options);
    opened.push({ bench, ...given });
    return Promise.resolve(bench);
  };
  const code = await scale(open, idleMachine()).execute(argv, { stdout, stderr, signal, loadEngine });
  return { code, stdout, stderr, opened };
}

describe('scripts/scale.js', () => {
  it('shows every point, the launch cost and the check', async () => {
    const { code, stdout, opened } = await run(['--batch', '32,1,32', '--width', '64,32', '--depth', '3']);
    expect(code).toBe(0);
    expect(opened[0]!.bench).toMatchObject({ closed: true, live: 0 });
    const text = stdout.text();
    expect(text).toContain('a test adapter (a software adapter)');
    expect(text).toContain('others kept 0 % of this machine');
    expect(text).toContain('a training step of 784-W-W-W-10');
    expect(text.match(/^(32|64) +1 |^ +32 /gm)).toHaveLength(4);
    expect(text).toMatch(/launch cost: at most 20 us per dispatch; the 10 dispatches/);
    expect(text).toContain('cost grows no faster than the work: in none of 4 pairs of neighbours');
  });

  it('by default reaches from batch 1 to 8192 and from width 32 to 4096; what is too large or too slow is told', async () => {
    const { code, stdout } = await run(['--rounds', '1'], { widest: 2048 });
    expect(code).toBe(0);
    expect(stdout.text()).toMatch(/^4096 +1 +too large$/m);
    expect(stdout.text()).toMatch(/^ +8192 +skipped$/m);
    expect(stdout.text()).toMatch(/too large, buffer .*: width 4096 batch 1,/s);
  });

  it('--json: one object per line and nothing else on stdout', async () => {
    const argv = ['--json', '--batch', '1,8', '--width', '32,4096', '--adapter', 'llvm', '--budget', '2.5'];
    const { stdout, stderr, opened } = await run(argv, {
      widest: 100,
      ms: ({ batchSize }, { flops }) => batchSize ** 2 * flops,
    });
    expect(opened[0]!.adapter).toBe('llvm');
    const records = stdout.records();
    const events = (name: string) => records.filter(({ event }) => event === name);
    expect(events('adapter')[0]).toMatchObject({ description: 'a test adapter', software: true, depth: 2 });
    expect(events('launch')[0]).toMatchObject({ dispatches: 10 });
    expect(events('point')).toHaveLength(4);
    expect(events('point')[2]).toMatchObject({ width: 4096, batch: 1, missing: 'too large' });
    expect(stderr.text()).toContain('a training step of 784-W-W-10');
  });

  it('tells where cost grows faster than the work', async () => {
    const { stdout } = await run(['--json', '--batch', '1,8', '--width', '32'], {
      ms: ({ batchSize }) => batchSize ** 2,
    });
    expect(stdout.records().filter(({ event }) => event === 'growth')).toEqual([
      {
        event: 'growth',
        from: { width: 32, batch: 1 },
        to: { width: 32, batch: 8 },
        work: 8,
        time: 64,
        beyondSpread: true,
      },
    ]);
  });

  describe('--tuning', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'wgsl-train-scale-'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it('goes to the adapter, and is told', async () => {
      const file = join(folder, 'tuning.json');
      const entries = [{ variant: 'split' }, { variant: 'tile', rows: 32 }];
      writeFileSync(
        file,
        tuningText({ adapter: 'a test adapter', subgroupSize: 8, entries: entries.reverse() }),
      );
      const { code, stdout, stderr, opened } = await run([
        ...['--batch', '1', '--width', '32', '--rounds', '1', '--json'],
        ...['--tuning', file],
      ]);
      expect(code).toBe(0);
      expect(opened[0]!.tuning).toMatchObject({ file, tuning: { entries } });
      expect(stdout.records()[0]).toMatchObject({ event: 'tuning', file });
      expect(stderr.text()).toContain(`tuning:  ${file}, 2 choices before the rules`);
    });

    it('that is missing opens nothing', async () => {
      const { code, opened } = await run(['--tuning', join(folder, 'none.json')]);
      expect({ code, opened }).toEqual({ code: 66, opened: [] });
    });
  });

  it('no adapter exits 69', async () => {
    const { code, stderr } = await run([], {}, new EngineError('no-adapter', 'no WebGPU adapter was found'));
    expect(code).toBe(69);
    expect(stderr.text()).toContain('no WebGPU adapter was found');
  });

  it.each([
    [['--batch', '1,x'], '--batch cannot be "1,x"'],
    [['--batch', '65537'], '--batch cannot be "65537"'],
    [['--width', '0'], '--width cannot be "0"'],
    [['--depth', '0'], '--depth cannot be "0"'],
    [['--budget', '0'], '--budget cannot be "0"'],
    [['--budget', 'nan'], '--budget cannot be "nan"'],
    [['--rounds', '0'], '--rounds cannot be "0"'],
    [['--widths', '3'], 'did you mean --width?'],
    [['--adapter', ' '], '--adapter cannot be " "'],
  ])('%j exits 2 and opens nothing', async (argv, message) => {
    const { code, stderr, opened } = await run(argv);
    expect({ code, opened }).toEqual({ code: 2, opened: [] });
    expect(stderr.text()).toContain(message);
  });

  it('--help opens nothing', async () => {
    const { code, stdout, opened } = await run(['--help']);
    expect({ code, opened }).toEqual({ code: 0, opened: [] });
    expect(stdout.text()).toContain('usage: node scripts/scale.js');
  });
});
