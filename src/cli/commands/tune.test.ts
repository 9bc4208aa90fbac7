/** scripts/tune.js, with an engine that invents times. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { command } from './tune.js';
import { parseTuning } from '../../kernels/index.js';
import type { StepWork } from '../../tools/bench/measure.js';
import { capture } from '../../testing/capture.js';
import { fakeEngine, type FakeBehaviour } from '../testing/engine.js';
import { productTimes } from '../../tools/bench/testing/invented-tuning.js';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-tune-'));
  cwd = process.cwd();
  process.chdir(home);
});
afterEach(() => {
  process.chdir(cwd);
  rmSync(home, { recursive: true, force: true });
});

/** At batch 32 another variant is better than the rule's; elsewhere none is. */
const times = ({ batchSize: rows }: StepWork) => [
  productTimes({ subgroup8: [100, 100, 100], register: [rows === 32 ? 40 : 101, 50, 50] }, { rows }),
  productTimes({ tile: [700, 710, 720], subgroup8: [10, 10, 10] }, { rows: rows + 1, op: 'layer1' }),
];

async function run(line: string, behaviour: FakeBehaviour = {}, signal = new AbortController().signal) {
  const stdout = capture();
  const stderr = capture();
  const engine = fakeEngine({ productTimes: times, ...behaviour });
  let loaded = 0;
  const code = await command.execute(line === '' ? [] : line.split(' '), {
    stdout,
    stderr,
    signal,
    loadEngine: () => {
      loaded++;
      return Promise.resolve(engine);
    },
  });
  return { code, stdout, stderr, loaded, calls: engine.calls };
}

describe('the file', () => {
  it('holds the choices against the rules, and reads back', async () => {
    const { code, stdout, calls } = await run('--batch 32 --rounds 3');
    expect(code).toBe(0);
    const path = join('runs', 'tuning.json');
    expect(parseTuning(readFileSync(path, 'utf8'), path)).toEqual({
      adapter: 'a test adapter',
      subgroupSize: 8,
      entries: [{ kernel: 'dense_forward', rows: 32, columns: 256, inner: 784, variant: 'register' }],
    });
    expect(stdout.text()).toContain(`tuning: ${path}, 1 choice against the rules`);
    expect(stdout.text()).toContain(`train.js --tuning ${path}`);
    expect(calls).toMatchObject({ opened: 1, closed: 1, tuning: null });
    expect(readdirSync('runs')).toEqual(['tuning.json']);
  });

  it('is the same, bit for bit, however long things took', async () => {
    await run('--batch 32 --rounds 3 --out a.json');
    await run('--batch 32 --rounds 3 --out b.json', {
      productTimes: (work) =>
        times(work).map((each) => ({
          ...each,
          variants: each.variants.map(({ variant, us }) => ({ variant, us: us.map((value) => 3 * value) })),
        })),
    });
    expect(readFileSync('a.json')).toEqual(readFileSync('b.json'));
  });

  it('is written without choices, too: the rules then hold', async () => {
    const { stdout } = await run('--batch 64 --out deep/down/t.json', {
      productTimes: () => [productTimes({ subgroup8: [1, 1, 1] })],
    });
    expect(parseTuning(readFileSync('deep/down/t.json', 'utf8'), 't').entries).toEqual([]);
    expect(stdout.text()).toContain('leaves every choice to the rules');
  });

  it('takes the place of an older one', async () => {
    writeFileSync('t.json', 'old');
    expect((await run('--out t.json')).code).toBe(0);
    expect(readdirSync(home)).toEqual(['t.json']);
    expect(readFileSync('t.json', 'utf8')).toContain('"format": 1');
  });
});

describe('what is told', () => {
  it('has every variant with its time and rate, and marks the rule, the fastest and the choice', async () => {
    const { stdout } = await run('--batch 32,64 --rounds 3 --hidden 20,30');
    const text = stdout.text();
    expect(text).toContain('the products of a training step of 784-20-30-10');
    expect(text).toContain('layer0: dense_forward, 32x256x784');
    expect(text).toMatch(/^ {2}subgroup8 +100 +100-100 +10 +1\.00x +rule$/m);
    expect(text).toMatch(/^ {2}register +50 +45-50 +20 +2\.00x +2\.00-2\.25 +fastest, chosen$/m);
    expect(text).toMatch(/^ {2}subgroup8 +10 +10-10 +100 +1\.00x +rule, fastest$/m);
    expect(text).toContain(
      'batch 32: the products of a step take 110 µs as the rules choose, 60 µs as chosen here',
    );
    expect(text).toContain('batch 64');
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('is JSON with --json, and then only that on stdout', async () => {
    const { stdout } = await run('--batch 32 --rounds 3 --json');
    const records = stdout.records();
    expect(records.map(({ event }) => event)).toEqual([
      'adapter',
      'load',
      'product',
      'product',
      'step',
      'load',
      'saved',
    ]);
    expect(records[2]).toMatchObject({
      batch: 32,
      ops: ['layer0'],
      product: { kernel: 'dense_forward', rows: 32, columns: 256, inner: 784 },
      rule: 'subgroup8',
      fastest: 'register',
      choice: 'register',
    });
    expect(records[2]!.variants).toMatchObject([
      { variant: 'subgroup8', us: [100, 100, 100], faster: false },
      { variant: 'register', us: [40, 50, 50], time: { median: 50 }, faster: true },
    ]);
    expect(records.at(-1)).toMatchObject({ path: join('runs', 'tuning.json'), entries: [{ rows: 32 }] });
  });

  it('with --quiet is the tables and the file only', async () => {
    const { stdout } = await run('--batch 32 --quiet');
    expect(stdout.text()).not.toContain('load average');
    expect(stdout.text()).toContain('layer0: dense_forward');
  });
});

it('measures what was asked for', async () => {
  const { calls } = await run('--hidden 64,32 --batch 8,16,8 --rounds 4');
  expect(calls.tuned.map(({ work }) => [work.hidden, work.batchSize])).toEqual([
    [[64, 32], 8],
    [[64, 32], 16],
  ]);
  expect(calls.tuned[0]).toMatchObject({
    work: { inputs: 784, classes: 10, dropout: 0.3 },
    options: { rounds: 4 },
  });
  const standard = await run('');
  expect(standard.calls.tuned.map(({ work }) => [work.hidden, work.batchSize])).toEqual([
    [[256, 128], 32],
    [[256, 128], 128],
    [[256, 128], 256],
  ]);
  expect(standard.calls.tuned[0]!.options.rounds).toBe(7);
});

describe('failures', () => {
  it.each([
    ['--rounds 2', '--rounds cannot be "2"'],
    ['--rounds seven', '--rounds cannot be "seven"'],
    ['--batch 0', '--batch cannot be "0"'],
    ['--batch 32,', '--batch cannot be "32,"'],
    ['--hidden x', '--hidden cannot be "x"'],
    ['--tuning f', 'unknown option --tuning'],
    ['--out=', '--out needs a value'],
    ['--steps 3', 'unknown option --steps'],
  ])('%s: exit code 2, nothing is opened or written', async (line, message) => {
    const { code, loaded, stderr } = await run(line);
    expect({ code, loaded, files: readdirSync(home) }).toEqual({ code: 2, loaded: 0, files: [] });
    expect(stderr.text()).toContain(message);
  });

  it('--out names a directory, or lies in a file: exit code 2, before anything is measured', async () => {
    mkdirSync('there');
    writeFileSync('taken', '');
    for (const out of ['there', 'taken/tuning.json']) {
      const { code, loaded } = await run(`--out ${out}`);
      expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    }
  });

  it('Ctrl-C: exit code 130, no file, the adapter is closed', async () => {
    const controller = new AbortController();
    const { code, calls } = await run(
      '',
      {
        productTimes: (work) => {
          controller.abort();
          return times(work);
        },
      },
      controller.signal,
    );
    expect({ code, tuned: calls.tuned.length, closed: calls.closed }).toEqual({
      code: 130,
      tuned: 2,
      closed: 1,
    });
    expect(existsSync('runs')).toBe(false);
  });

  it('an error of the GPU: its exit code, no file, the adapter is closed', async () => {
    const { code, calls } = await run('', {
      productTimes: () => {
        throw new EngineError('device-lost', 'the GPU device was lost');
      },
    });
    expect({ code, closed: calls.closed, files: readdirSync(home) }).toEqual({
      code: 69,
      closed: 1,
      files: [],
    });
  });
});

it('--help needs no engine', async () => {
  const { code, stdout, loaded } = await run('--help');
  expect({ code, loaded }).toEqual({ code: 0, loaded: 0 });
  expect(stdout.text()).toContain('usage: node scripts/tune.js [options]');
});
