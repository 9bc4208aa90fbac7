/** How serve.js reads what others write, or have damaged. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRun, listRuns } from './catalogue.js';
import { chartVariants, progressOf } from './curves.js';
import { parseMetricsRow } from '../../runs/metrics.js';
import { thisProcess } from '../../runs/index.js';
import { followMetrics, lastRow } from './metrics-file.js';
import { followRun } from './run-units.js';
import { makeRun } from '../compare/testing/runs.js';
import { lines, row, startTraining } from './testing/site.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-reading-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe('a run in units', () => {
  it('shows the metrics of all of them, until they are merged', () => {
    const run = join(home, 'sweep');
    const metricsOf = (unit: string): string => join(run, 'units', unit, 'metrics.jsonl');
    for (const unit of ['0-of-11', '10-of-11', 'other'])
      mkdirSync(join(run, 'units', unit), { recursive: true });
    writeFileSync(join(run, 'config.json'), '{"options": {"exp": "5", "units": 11}}');
    writeFileSync(metricsOf('10-of-11'), lines([row(1, { variant: 'b' })]));
    writeFileSync(metricsOf('other'), lines([row(1, { variant: 'none' })]));
    const follower = followRun(run);
    const shown = (): string[] => follower.metrics().rows.map(({ variant, epoch }) => `${variant} ${epoch}`);
    expect(follower.read()).toBe(true);
    expect(shown()).toEqual(['b 1']);
    writeFileSync(metricsOf('0-of-11'), lines([row(1, { variant: 'a' })]));
    writeFileSync(join(run, 'units', '0-of-11', 'result.json'), '{}');
    appendFileSync(metricsOf('10-of-11'), lines([row(2, { variant: 'b' })]));
    expect(follower.read()).toBe(true);
    expect(shown()).toEqual(['a 1', 'b 1', 'b 2']);
    expect(follower.read()).toBe(false);
    expect(findRun(home, ['sweep'])).toMatchObject({
      state: 'stopped',
      unitsDone: 1,
      settings: { units: 11 },
    });
    expect(listRuns(home).map(({ names }) => names.join('/'))).toEqual(['sweep']);
    writeFileSync(
      join(run, 'units', '10-of-11', 'running.json'),
      JSON.stringify({ started: null, id: 'x', ...thisProcess() }),
    );
    expect(findRun(home, ['sweep'])?.state).toBe('running');
    writeFileSync(join(run, 'metrics.jsonl'), lines([row(1, { variant: 'merged' })]));
    follower.read();
    expect(shown()).toEqual(['merged 1']);
  });
});

describe('metrics.jsonl', () => {
  const file = (): string => join(home, 'metrics.jsonl');
  const epochs = (follower: ReturnType<typeof followMetrics>): number[] =>
    follower.metrics().rows.map(({ epoch }) => epoch);

  it('is followed as it grows, line by whole line', () => {
    const follower = followMetrics(file());
    expect(follower.read()).toBe(false);
    writeFileSync(file(), lines([row(1)]));
    expect(follower.read()).toBe(true);
    const next = lines([row(2, { variant: 'größer' })]);
    // In the middle of a letter of two bytes.
    const half = Buffer.from(next).indexOf('ö') + 1;
    appendFileSync(file(), Buffer.from(next).subarray(0, half));
    follower.read();
    expect(epochs(follower)).toEqual([1]);
    appendFileSync(file(), Buffer.from(next).subarray(half));
    expect(follower.read()).toBe(true);
    expect(follower.metrics().rows[1]).toEqual(row(2, { variant: 'größer' }));
    expect(follower.read()).toBe(false);
  });

  it('is read anew where another one took its place', () => {
    writeFileSync(file(), lines([row(1), row(2), row(3)]));
    const follower = followMetrics(file());
    follower.read();
    writeFileSync(join(home, 'new'), lines([row(1), row(2), row(3), row(4)]));
    renameSync(join(home, 'new'), file());
    expect(follower.read()).toBe(true);
    expect(epochs(follower)).toEqual([1, 2, 3, 4]);
    truncateSync(file(), lines([row(1)]).length);
    expect(follower.read()).toBe(true);
    expect(epochs(follower)).toEqual([1]);
  });

  it('may have lines that are none', () => {
    writeFileSync(file(), `${lines([row(1)])}{"variant": \n\n[]\nnull\n${lines([row(2)])}{"epoch": 3}\n`);
    const follower = followMetrics(file());
    follower.read();
    expect(epochs(follower)).toEqual([1, 2]);
    expect(follower.metrics().unreadable).toBe(4);
  });

  it.each([
    [
      'a link',
      () => {
        symlinkSync('/dev/zero', file());
      },
    ],
    [
      'a folder',
      () => {
        mkdirSync(file());
      },
    ],
    ['nothing', () => undefined],
  ])('may be %s', (_, make) => {
    make();
    expect(followMetrics(file()).read()).toBe(false);
    expect(lastRow(file())).toBeNull();
  });

  it('has a last line', () => {
    writeFileSync(file(), lines(Array.from({ length: 500 }, (_, index) => row(index + 1))));
    expect(lastRow(file())?.epoch).toBe(500);
    appendFileSync(file(), '{"half');
    expect(lastRow(file())?.epoch).toBe(500);
  });

  it.each([
    { epoch: 0 },
    { epoch: 1.5 },
    { seed: '0' },
    { trainLoss: null },
    { trainLoss: '1' },
    { valLoss: true },
    { improved: 1 },
    { variant: 'x'.repeat(501) },
  ])('is not taken where it has %j', (change) => {
    expect(parseMetricsRow(JSON.stringify(row(3)))).toEqual(row(3));
    expect(parseMetricsRow(JSON.stringify({ ...row(3), ...change }))).toBeNull();
  });
});

describe('curves so far', () => {
  it('are kept by variant and seed, without epochs that do not follow', () => {
    const second = { seed: 1 };
    const other = { variant: 'other', valLoss: null, valAccuracy: null };
    const rows = [row(1), row(1, second), row(2), row(2), row(9), row(1, other), row(2, second), row(3)];
    const [first, last] = progressOf(rows);
    expect(first!.runs.map(({ seed, epochs, best }) => [seed, epochs, best?.epoch])).toEqual([
      [0, 3, 3],
      [1, 2, 2],
    ]);
    expect(last!.runs[0]).toMatchObject({ epochs: 1, best: null, history: { valLoss: null } });
  });

  it('stand in brackets beside a sweep', () => {
    const progress = progressOf([
      row(1),
      row(1, { variant: 'dropout=0' }),
      row(1, { variant: 'dropout=0.3' }),
    ]);
    const shown = chartVariants(progress, ['dropout=0']);
    expect(shown.map(({ name, label }) => [name, label])).toEqual([
      ['dropout=0.5', '0.5'],
      ['dropout=0.3', '0.3'],
      ['(dropout=0)', '(0)'],
    ]);
  });

  it('are none without a first epoch', () => {
    expect(progressOf([row(7)])).toEqual([]);
  });
});

describe('the list', () => {
  it('survives what is damaged', () => {
    for (const [name, summary] of [
      ['broken', '{'],
      ['empty', ''],
      ['array', '[]'],
      ['null', 'null'],
      ['hollow', '{"experiment": 2, "variants": [null, {"name": 3}], "selected": {"variant": "__proto__"}}'],
    ] as const) {
      mkdirSync(join(home, name));
      writeFileSync(join(home, name, 'summary.json'), summary);
      for (const other of ['config.json', 'running.json', 'environment.json'])
        writeFileSync(join(home, name, other), summary);
    }
    const runs = listRuns(home);
    expect(runs).toHaveLength(5);
    expect(runs.every(({ state, results }) => state === 'finished' && results?.selected == null)).toBe(true);
  });

  it('sees a run finish', () => {
    const directory = startTraining(home, 'a');
    expect(findRun(home, ['a'])).toMatchObject({ state: 'running', last: { epoch: 2 }, results: null });
    makeRun(directory);
    rmSync(join(directory, 'running.json'));
    expect(findRun(home, ['a'])).toMatchObject({
      state: 'finished',
      last: null,
      results: { selected: { variant: 'dropout=0.5', figures: { seeds: 3 } } },
    });
  });

  it('of no directory is empty', () => {
    expect(listRuns(join(home, 'nowhere'))).toEqual([]);
  });
});
