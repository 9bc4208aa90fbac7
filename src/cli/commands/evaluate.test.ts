import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { command } from './evaluate.js';
import { lossBound } from '../../tools/networks/evaluation.js';
import type { Dataset } from '../../data/dataset.js';
import type { Gpu } from '../../gpu/index.js';
import { openRun } from '../../runs/index.js';
import { engineOn, runCommand, runDataset, trainedRun, type CommandRun } from '../testing/trained-run.js';

let home: string;
let gpu: Gpu;
let directory: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-evaluate-'));
  ({ gpu, directory } = await trainedRun(home));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
  gpu.check();
  expect(gpu.count().buffers).toBe(0);
  gpu.close();
});

const dataset = runDataset();
const run = (argv: readonly string[], data: Dataset = dataset): Promise<CommandRun> =>
  runCommand(command, argv, engineOn(gpu, data));

interface Evaluation {
  readonly agrees: boolean | null;
  readonly variant: string;
  readonly seed: number;
  readonly dataset: unknown;
  readonly parts: readonly {
    readonly found: { part: string; images: number; loss: number; accuracy: number; confusion: number[][] };
    readonly recorded: { loss: number; accuracy: number; confusion: number[][] | null } | null;
    readonly agrees: boolean | null;
  }[];
}

async function evaluation(argv: readonly string[], data?: Dataset) {
  const { code, stdout } = await run([...argv, '--json'], data);
  const record = stdout.records().find(({ event }) => event === 'evaluation');
  return { code, ...(record as unknown as Evaluation) };
}

/** A copy of the run with another summary. */
function changed(name: string, change: (text: string) => string): string {
  const copy = join(home, name);
  cpSync(directory, copy, { recursive: true });
  const path = join(copy, 'summary.json');
  const text = readFileSync(path, 'utf8');
  const after = change(text);
  expect(after).not.toBe(text);
  writeFileSync(path, after);
  return copy;
}

describe('the figures of a run', () => {
  test('hold for its selected network: test, validation and confusion matrix', async () => {
    const { code, agrees, parts, variant, seed } = await evaluation([directory]);
    const { selected } = openRun(directory).summary;
    expect({ code, agrees, variant, seed }).toEqual({
      code: 0,
      agrees: true,
      variant: selected.variant,
      seed: selected.seed,
    });
    expect(parts.map(({ found: { part, images } }) => [part, images])).toEqual([
      ['test', 100],
      ['validation', 12],
    ]);
    expect(parts[0]!.found.confusion).toEqual(selected.confusion);
    expect(parts[0]!.recorded).toMatchObject(selected.test);
    for (const { found, recorded } of parts) {
      expect(found.accuracy).toBe(recorded!.accuracy);
      expect(Math.abs(found.loss - recorded!.loss)).toBeLessThanOrEqual(lossBound * (1 + recorded!.loss));
    }
  });

  test.each([
    ['dropout=0.5', '0'],
    ['dropout=0.3', '1'],
    ['dropout=0,patience=none', '1'],
  ])('hold for %s, seed %s', async (variant, seed) => {
    const found = await evaluation([directory, '--variant', variant, '--seed', seed]);
    expect(found).toMatchObject({ code: 0, agrees: true, variant, seed: Number(seed) });
    expect(found.parts.map(({ agrees }) => agrees)).toEqual([true, true]);
  });

  test('hold for the last epoch, of which the run has validation figures only', async () => {
    const { code, parts } = await evaluation([directory, '--which', 'last']);
    expect(code).toBe(0);
    expect(parts.map(({ recorded, agrees }) => [recorded === null, agrees])).toEqual([
      [true, null],
      [false, true],
    ]);
  });

  test('are told in a table with a verdict', async () => {
    const { stdout } = await run([directory]);
    expect(stdout.text()).toMatch(/^test +100 +\d\.\d+ +\d\.\d+ +\d+\.\d{3} % +\d+\.\d{3} % +agrees$/m);
    expect(stdout.text()).toContain('The figures of the run hold: losses within 1e-5 x (1 + loss)');
    expect(Math.max(...stdout.lines().map((line) => line.length))).toBeLessThanOrEqual(120);
  });
});

describe('figures that do not hold: exit code 1', () => {
  const selected = () => openRun(directory).summary.selected;

  test('a loss that is off by more than the bound, and not one that is off by less', async () => {
    const { loss } = selected().test;
    const shifted = (share: number): ((text: string) => string) => {
      const other = loss + share * lossBound * (1 + loss);
      return (text) => text.replaceAll(String(loss), String(other));
    };
    expect(await evaluation([changed('far', shifted(1.5))])).toMatchObject({ code: 1, agrees: false });
    expect(await evaluation([changed('near', shifted(0.5))])).toMatchObject({ code: 0, agrees: true });
  });

  test('an accuracy that is off by one image', async () => {
    const { accuracy } = selected().test;
    const copy = changed('accuracy', (text) =>
      text.replaceAll(`"accuracy": ${accuracy}`, `"accuracy": ${accuracy + 0.01}`),
    );
    const { code, stdout } = await run([copy]);
    expect(code).toBe(1);
    expect(stdout.text()).toContain('The figures of the run do NOT hold');
    expect(stdout.text()).toMatch(/^test .*DIFFERS$/m);
    expect(stdout.text()).toMatch(/^validation .*agrees$/m);
  });

  test('another confusion matrix with the same accuracy', async () => {
    const { confusion } = selected();
    const row = confusion.findIndex((counts, i) => new Set(counts.toSpliced(i, 1)).size > 1);
    const others = confusion[row]!.toSpliced(row, 1);
    const moved = [...others.slice(1), others[0]!].toSpliced(row, 0, confusion[row]![row]!);
    const copy = changed('confusion', (text) => {
      const summary = JSON.parse(text) as { selected: { confusion: number[][] } };
      summary.selected.confusion[row] = moved;
      return JSON.stringify(summary);
    });
    expect(await evaluation([copy])).toMatchObject({ code: 1, agrees: false });
  });
});

describe('other data', () => {
  const other: Dataset = { ...dataset, sha256: 'cd'.repeat(32) };

  test('that was named: measured on its test set, and not compared', async () => {
    const found = await evaluation([directory, '--data', 'synthetic:100/20'], other);
    expect(found).toMatchObject({
      code: 0,
      agrees: null,
      dataset: { name: 'synthetic:100/20', isThatOfTheRun: false },
    });
    expect(found.parts.map(({ found: { part }, agrees }) => [part, agrees])).toEqual([['test', null]]);
    const { stdout } = await run([directory, '--data', 'kmnist'], other);
    expect(stdout.text()).toContain('This is not the data of the run: nothing was compared.');
  });

  test('under the name that the run gives: exit code 2', async () => {
    const { code, stderr } = await run([directory], other);
    expect(code).toBe(2);
    expect(stderr.text()).toContain('is not the data that the run was trained on');
  });

  test('of another size, or with other classes: exit code 2', async () => {
    const { train, test: tested } = dataset;
    for (const wrong of [
      { ...other, rows: 14, columns: 14, train, test: tested },
      { ...other, classes: 11 },
    ]) {
      const { code, stderr } = await run([directory, '--data', 'kmnist'], wrong);
      expect(code).toBe(2);
      expect(stderr.text()).toContain('the network does not fit the images');
    }
  });
});

describe('refused before an adapter is opened', () => {
  test.each<[string, readonly string[], string]>([
    ['no run', [], 'RUN is missing'],
    ['two runs', ['a', 'b'], 'unexpected argument "b"'],
    ['data that is none', ['a', '--data', 'synthetic:x'], '--data synthetic:x'],
    ['an adapter without a name', ['a', '--adapter', ' '], '--adapter cannot be " "'],
  ])('%s: exit code 2', async (_, argv, message) => {
    const { code, stderr, loaded } = await run(argv);
    expect({ code, loaded }).toEqual({ code: 2, loaded: 0 });
    expect(stderr.text()).toContain(message);
  });

  test('a directory without a run: exit code 66', async () => {
    expect(await run([home])).toMatchObject({ code: 66, loaded: 0 });
  });
});

test('Ctrl-C: exit code 130, and the adapter is closed', async () => {
  const engine = engineOn(gpu, dataset);
  const { code } = await runCommand(command, [directory], engine, AbortSignal.abort());
  expect({ code, ...engine.counts }).toEqual({ code: 130, opened: 1, closed: 1 });
});

test('--help says what exit code 1 means', async () => {
  const { code, stdout, loaded } = await run(['--help']);
  expect({ code, loaded }).toEqual({ code: 0, loaded: 0 });
  expect(stdout.text()).toContain('usage: node scripts/evaluate.js RUN [options]');
  expect(stdout.text()).toContain('1 if the figures do not agree');
});

describe('the data of a run', () => {
  const from = async (
    cwd: string,
    resolveDataset: (spec: string) => Promise<Dataset>,
  ): Promise<CommandRun> => {
    const before = process.cwd();
    process.chdir(cwd);
    try {
      return await runCommand(command, [directory], { ...engineOn(gpu, dataset), resolveDataset });
    } finally {
      process.chdir(before);
    }
  };

  test('is found from another working directory', async () => {
    const specs: string[] = [];
    const resolve = (spec: string): Promise<Dataset> => {
      specs.push(spec);
      return Promise.resolve(dataset);
    };
    expect((await from(home, resolve)).code).toBe(0);
    expect(specs).toEqual([join(process.cwd(), 'set')]);
    expect((await from(process.cwd(), resolve)).code).toBe(0);
    expect(specs[1]).toBe('set');
  });

  test('is asked for where it is gone', async () => {
    const gone = (): Promise<Dataset> =>
      Promise.reject(new EngineError('no-data', 'set is not there', { remedy: 'use --data synthetic' }));
    const { code, stderr } = await from(home, gone);
    expect(code).toBe(66);
    expect(stderr.text()).toContain('remedy:   name the place where they are now with --data DIR');
    expect((await run([directory, '--data', 'there'])).code).toBe(0);
  });
});
