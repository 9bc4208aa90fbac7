import { defaultConfig } from '../train/settings.js';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  openRun,
  readCheckpoint,
  RunRecorder,
  trialFolder,
  type RunStart,
  type WeightsPlaces,
} from './index.js';
import type { EpochReport, Trial, TrialState } from '../train/types.js';
import { madeSummary } from '../tools/compare/testing/runs.js';
import { TensorBoardLog } from './tensorboard.js';
import { outcomeOf } from './testing/outcome.js';
import { madeState } from './testing/states.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-runs-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const config: Trial['config'] = {
  ...defaultConfig,
  hidden: [4],
  dropout: 0,
  weightDecay: 0,
  decay: 'decoupled',
  learningRate: 1e-3,
  batchSize: 8,
  epochs: 3,
  patience: 2,
  validation: 0.2,
};
const trial: Trial = { variant: 'hidden=4, "wide"', seed: 3, config };

function start(name: string, overwrite = false): RunStart {
  return {
    directory: join(home, name),
    config: { schema: 1, options: { exp: '1' } },
    environment: { schema: 1 },
    facts: {
      experiment: 1,
      dataset: { name: 'tiny', sha256: 'ab' },
      adapter: 'a test adapter',
      version: '0.0.0',
    },
    overwrite,
  };
}

function report(epoch: number, valLoss: number | null): EpochReport {
  const validation = valLoss === null ? null : { loss: valLoss, accuracy: 0.5 };
  const record = { epoch, train: { loss: 1 / 3, accuracy: 0.25 }, validation };
  return {
    epoch,
    trials: [{ trial, record, improved: epoch === 1 }],
    active: 1,
    stepsPerSecond: 10,
    seconds: epoch / 2,
  };
}

/** A trial that is done, with its last epoch and its best one. */
function done(best: number, last: number, of = trial): TrialState {
  const valLosses = Array.from({ length: last }, (_, i) => (i + 1 === best ? 0.5 : 0.75));
  return madeState(of, { valLosses, best, stopped: 'completed' });
}

const files = (name: string): string[] => readdirSync(join(home, name)).sort();
const text = (...path: string[]): string => readFileSync(join(home, ...path), 'utf8');

describe('a run', () => {
  test('touches nothing before its first epoch is done', () => {
    const recorder = new RunRecorder(start('a'));
    expect(existsSync(join(home, 'a'))).toBe(false);
    recorder.close();
    expect(existsSync(join(home, 'a'))).toBe(false);
  });

  test('keeps config, environment and metrics while it trains, and says that it does', () => {
    const recorder = new RunRecorder(start('a'));
    recorder.epoch(report(1, 0.75));
    expect(files('a')).toEqual([
      'config.json',
      'environment.json',
      'metrics.csv',
      'metrics.jsonl',
      'running.json',
    ]);
    expect(JSON.parse(text('a', 'running.json'))).toMatchObject({ pid: process.pid });
    recorder.epoch(report(2, null));
    expect(text('a', 'metrics.csv')).toBe(
      'variant,seed,epoch,trainLoss,trainAccuracy,valLoss,valAccuracy,improved,seconds\n' +
        '"hidden=4, ""wide""",3,1,0.3333333333333333,0.25,0.75,0.5,true,0.5\n' +
        '"hidden=4, ""wide""",3,2,0.3333333333333333,0.25,,,false,1\n',
    );
    const lines = text('a', 'metrics.jsonl').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { variant: 'hidden=4, "wide"', seed: 3, epoch: 1, valLoss: 0.75 },
      { epoch: 2, valLoss: null, improved: false },
    ]);
    recorder.close();
    expect(files('a')).not.toContain('running.json');
    expect(files('a')).not.toContain('summary.json');
  });

  test('has event files for TensorBoard where they are asked for, and loses them when it is replaced', () => {
    const recorder = new RunRecorder({
      ...start('a'),
      tensorboard: new TensorBoardLog(start('a').directory),
    });
    recorder.epoch(report(1, 0.75));
    recorder.close();
    expect(files('a/tensorboard')).toEqual([trialFolder(trial.variant, trial.seed)]);
    const again = new RunRecorder(start('a', true));
    again.epoch(report(1, 0.75));
    again.close();
    expect(files('a')).not.toContain('tensorboard');
  });

  test('ends with its summary', () => {
    const recorder = new RunRecorder(start('a'));
    recorder.epoch(report(1, 0.75));
    expect(recorder.finish({ schema: 1 })).toBe(join(home, 'a', 'summary.json'));
    recorder.close();
    expect(files('a')).not.toContain('running.json');
    expect(text('a', 'summary.json')).toBe('{\n  "schema": 1\n}\n');
  });

  test('is never written over, unless that is wanted; then what is not its own stays', () => {
    const first = new RunRecorder(start('a'));
    first.finish({ schema: 1, first: true });
    expect(() => {
      new RunRecorder(start('a', true)).epoch(report(1, 1));
    }).toThrow(/is being trained by another process/);
    first.close();
    const second = new RunRecorder(start('a'));
    expect(() => {
      second.epoch(report(1, 1));
    }).toThrow(/holds a run already/);
    second.close();
    writeFileSync(join(home, 'a', 'notes.txt'), 'mine');
    const again = new RunRecorder(start('a', true));
    expect(text('a', 'summary.json')).toContain('first');
    again.epoch(report(1, 1));
    expect(files('a')).not.toContain('summary.json');
    expect(text('a', 'notes.txt')).toBe('mine');
    again.close();
  });
});

describe('checkpoints', () => {
  test('come back bit by bit, with what they were trained with', () => {
    const recorder = new RunRecorder(start('a'));
    recorder.checkpoint([done(1, 2)]);
    expect(files('a/checkpoints')).toEqual(['hidden=4,__wide_-seed3']);
    const name = { variant: trial.variant, seed: 3 };
    for (const [which, epoch] of [
      ['best', 1],
      ['last', 2],
    ] as const) {
      const found = readCheckpoint(join(home, 'a'), { ...name, which });
      expect(found.epoch).toBe(epoch);
      expect([...found.parameters]).toEqual(
        [...done(1, 2)[which]!.parameters].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      expect(Object.is(found.parameters.get('layer0.weight')!.data[1], -0)).toBe(true);
      expect(JSON.parse(found.metadata.get('config')!)).toEqual(config);
    }
  });

  test('that are not there, damaged, or of another format are named', () => {
    const recorder = new RunRecorder(start('a'));
    recorder.checkpoint([done(1, 1)]);
    const read = (): unknown => readCheckpoint(join(home, 'a'), { variant: trial.variant, seed: 3 });
    expect(() => readCheckpoint(join(home, 'a'), { variant: 'other', seed: 3 })).toThrow(
      /no checkpoint of other, seed 3/,
    );
    const path = join(home, 'a', 'checkpoints', 'hidden=4,__wide_-seed3', 'best.safetensors');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.length - 1));
    expect(read).toThrow(/best\.safetensors/);
    writeFileSync(
      path,
      Buffer.from(bytes.toString('latin1').replace('"format":"2"', '"format":"9"'), 'latin1'),
    );
    expect(read).toThrow(/no checkpoint that this version reads/);
    writeFileSync(
      path,
      Buffer.from(bytes.toString('latin1').replace('"epoch":"1"', '"epoch":"x"'), 'latin1'),
    );
    expect(read).toThrow(/epoch is wrong/);
  });
});

describe('a series', () => {
  test('its directory says so from the first epoch on', () => {
    const series = new RunRecorder(start('all'));
    const experiment = new RunRecorder(start('all/exp1'), new Map(), series);
    expect(existsSync(join(home, 'all'))).toBe(false);
    experiment.epoch(report(1, 1));
    expect(files('all')).toEqual(['config.json', 'environment.json', 'exp1', 'running.json']);
  });

  test('what an earlier experiment trained is in the later one, too', () => {
    const places: WeightsPlaces = new Map();
    const first = new RunRecorder(start('exp1'), places);
    first.epoch(report(1, 0.75));
    first.checkpoint([done(1, 3)]);
    const renamed: Trial = { ...trial, variant: 'again' };
    const second = new RunRecorder(start('exp2'), places);
    second.takeOver(outcomeOf(renamed, [0.75, 0.5, 0.6]));
    const metrics = text('exp2', 'metrics.csv').trimEnd().split('\n').slice(1);
    expect(metrics.map((line) => line.split(',').slice(0, 3).join(' '))).toEqual([
      'again 3 1',
      'again 3 2',
      'again 3 3',
    ]);
    expect(metrics.map((line) => line.split(',')[7])).toEqual(['true', 'false', 'false']);
    const found = readCheckpoint(join(home, 'exp2'), { variant: 'again', seed: 3, which: 'last' });
    expect(found.epoch).toBe(3);
    expect(found.metadata.get('variant')).toBe('again');
    // What it trained itself is not taken over a second time.
    second.takeOver(outcomeOf(renamed, [0.75, 0.5, 0.6]));
    expect(text('exp2', 'metrics.csv').trimEnd().split('\n')).toHaveLength(4);
  });
});

describe('openRun', () => {
  const summary = madeSummary();

  test('takes a directory or its summary.json', () => {
    new RunRecorder(start('a')).finish(summary);
    expect(openRun(join(home, 'a')).summary).toEqual(summary);
    expect(openRun(join(home, 'a', 'summary.json')).directory).toBe(join(home, 'a'));
  });

  test.each([
    ['nothing there', null, /no finished run/],
    ['no JSON', '{', /not JSON/],
    ['another schema', '{"schema": 2}', /no summary of an experiment/],
    ['a list', '[]', /no summary of an experiment/],
    ['a series', JSON.stringify({ ...summary, variants: undefined, experiments: [] }), /no summary/],
  ])('refuses %s', (_, content, message) => {
    new RunRecorder(start('a')).epoch(report(1, 1));
    if (content !== null) writeFileSync(join(home, 'a', 'summary.json'), content);
    expect(() => openRun(join(home, 'a'))).toThrow(message);
  });
});
