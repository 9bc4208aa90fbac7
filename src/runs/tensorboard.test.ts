import { appendFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScalarEvent } from '../formats/tensorboard.js';
import type { MetricsRow } from './metrics.js';
import { scalarsOf, TensorBoardLog } from './tensorboard.js';
import { readRecords, readScalars } from '../formats/testing/events.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-tensorboard-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const row = (rest: Partial<MetricsRow> = {}): MetricsRow => ({
  variant: 'batch-size=32',
  seed: 0,
  epoch: 1,
  trainLoss: 0.5,
  trainAccuracy: 0.75,
  valLoss: 0.25,
  valAccuracy: 0.875,
  improved: true,
  seconds: 1,
  ...rest,
});

/** The only file of a trial, read back. */
function eventsOf(trial: string): readonly ScalarEvent[] {
  const folder = join(home, 'tensorboard', trial);
  const names = readdirSync(folder);
  expect(names).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./)]);
  const [first, ...others] = readRecords(readFileSync(join(folder, names[0]!)));
  expect(Buffer.from(first!).toString('latin1')).toContain('brain.Event:2');
  return others.map(readScalars);
}

describe('the charts of a row', () => {
  test('are loss and accuracy, of training and validation', () => {
    expect(scalarsOf(row())).toEqual(
      new Map([
        ['loss/train', 0.5],
        ['loss/validation', 0.25],
        ['accuracy/train', 0.75],
        ['accuracy/validation', 0.875],
      ]),
    );
  });

  test('are those of training where there is no validation', () => {
    expect([...scalarsOf(row({ valLoss: null, valAccuracy: null })).keys()]).toEqual([
      'loss/train',
      'accuracy/train',
    ]);
  });
});

describe('a log', () => {
  test('has a file per trial, which grows epoch by epoch', () => {
    const log = new TensorBoardLog(home);
    log.append([row(), row({ seed: 1, trainLoss: 2 })], 1_700_000_000.5);
    log.append([row({ epoch: 2, trainLoss: 0.125 })], 1_700_000_001);
    expect(readdirSync(join(home, 'tensorboard')).sort()).toEqual([
      'batch-size=32-seed0',
      'batch-size=32-seed1',
    ]);
    const [first, second, ...others] = eventsOf('batch-size=32-seed0');
    expect(others).toEqual([]);
    expect(first).toEqual({ wallTime: 1_700_000_000.5, step: 1, values: scalarsOf(row()) });
    expect([second!.wallTime, second!.step, second!.values.get('loss/train')]).toEqual([
      1_700_000_001, 2, 0.125,
    ]);
    expect(eventsOf('batch-size=32-seed1').map(({ values }) => values.get('loss/train'))).toEqual([2]);
  });

  test('touches nothing before its first row', () => {
    new TensorBoardLog(home).append([]);
    expect(existsSync(join(home, 'tensorboard'))).toBe(false);
  });

  test('is whole after every row: the reader that checks it would not take half a record', () => {
    new TensorBoardLog(home).append([row()]);
    expect(eventsOf('batch-size=32-seed0')).toHaveLength(1);
    const folder = join(home, 'tensorboard', 'batch-size=32-seed0');
    appendFileSync(join(folder, readdirSync(folder)[0]!), 'x');
    expect(() => eventsOf('batch-size=32-seed0')).toThrow();
  });
});
