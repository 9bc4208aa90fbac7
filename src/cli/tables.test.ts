import { describe, expect, it } from 'vitest';
import { confusedPairs } from '../tools/networks/evaluation-text.js';
import { commandHelp } from './command-help.js';
import { command as train } from './commands/train.js';
import { listText, resultTable, seriesTable } from './tables.js';
import { jsonText } from '../platform/json-file.js';
import { trainOptions } from './train-options.js';
import { experiments } from '../experiments/catalogue.js';
import { diagonal, outcome } from '../experiments/testing/results.js';

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

describe('confusedPairs', () => {
  it('names the most frequent mistakes', () => {
    const confusion = [
      [9, 2],
      [5, 9],
    ];
    expect(confusedPairs(confusion, ['su', 'ma'])).toBe('most confused (read as): ma as su 5, su as ma 2');
  });
  it('says so where there are none', () => {
    expect(confusedPairs(diagonal(3, 1), [])).toBe('no mistakes');
  });
});

describe('tables', () => {
  it('of results have mean and spread, and comparisons in brackets', () => {
    const text = resultTable(outcome(3, 2, (_, seed) => ({ losses: [0.5 + seed * 0.02] })));
    expect(text).toMatch(/^hidden +epochs +train % +val loss +val % +test loss +test %$/m);
    expect(text).toMatch(/^256,128 +1\.0 +99\.0±0\.0 +0\.510±0\.014 /m);
    expect(text).toMatch(/^\(128\) +1\.0 /m);
    expect(text).toContain('mean ± standard deviation over 2 seeds; val: the best epoch; test: its weights;');
    expect(text).toContain('in brackets: for comparison only');
  });
  it('of results keep the names where they are no values of one setting', () => {
    expect(resultTable(outcome('final', 1, () => ({ losses: [1] })))).toMatch(/^variant .*\nfinal +1 /);
  });
  it('of results write losses of any size', () => {
    const text = resultTable(outcome(6, 3, (_, seed) => ({ losses: [3e-5 * seed], testLoss: 1e5 * seed })));
    expect(text).toContain('3.0e-5±3.0e-5');
    expect(text).toContain('1.0e+5±1.0e+5');
  });
  it.each([1, 5])('of results fit 80 columns, %d seeds', (seeds) => {
    for (const { id } of experiments) {
      const text = resultTable(outcome(id, seeds, (_, seed) => ({ losses: [12 + seed], trainAccuracy: 1 })));
      expect(widest(text), text).toBeLessThanOrEqual(80);
      expect(text).not.toContain('NaN');
    }
  });
  it('of results have no validation figures in experiment 0', () => {
    const text = resultTable(outcome(0, 1, () => ({ losses: [1] })));
    expect(text).toMatch(/baseline +1 +99\.0 % +- +- +0\.4100 +88\.0 %/);
    expect(text).toContain('one run each, seed 0; test: the weights of the last epoch (no early stopping)');
    expect(text).not.toContain('NaN');
  });
  it('of the series put the published figures beside ours', () => {
    const text = seriesTable([
      outcome(0, 1, () => ({ losses: [1] })),
      outcome(6, 1, () => ({ losses: [0.6, 0.4, 0.5] })),
      outcome(4, 1, () => ({ losses: [0.6, 0.4, 0.5] })),
    ]);
    const [, zero, thirtyTwo] = text.split('\n');
    expect(zero).toMatch(/^exp0 baseline +1 +99\.0 +- +- +88\.0 +\| +500 +100\.0 +- +- +89\.3$/);
    expect(thirtyTwo).toMatch(
      /^exp6 batch-size=32 +3 +99\.0 +87\.0 +0\.500 +88\.0 +\| +19 +95\.5 +95\.9 +0\.144 +-$/,
    );
    expect(text.split('\n').at(-4)).toMatch(/^exp6 batch-size=128 .*\| +- +- +- +- +-$/);
    expect(widest(text)).toBeLessThanOrEqual(80);
  });
});

describe('help', () => {
  it('has every option and every exit code, and fits a terminal', () => {
    const text = commandHelp(train, (heading) => heading);
    for (const { flag } of Object.values(trainOptions)) expect(text).toContain(`  ${flag}`);
    for (const code of [0, 1, 2, 4, 65, 66, 69, 130]) expect(text).toMatch(new RegExp(`^ +${code}  `, 'm'));
    expect(widest(text)).toBeLessThanOrEqual(80);
  });
  it('lists every variant of every experiment', () => {
    const text = listText();
    for (const { title, variants } of experiments)
      for (const part of [title, ...variants.map(({ name }) => name)]) expect(text).toContain(part);
    expect(text.replace(/\s+/g, ' ')).toContain('batch-size 32 | 64 | 256 | 128');
    expect(text).toContain('beside them, for comparison: dropout=0,patience=none');
    expect(widest(text)).toBeLessThanOrEqual(100);
  });
});

describe('jsonText', () => {
  it('keeps lists of numbers on one line, and means the same', () => {
    const value = {
      a: [1, -2.5, 1e-7, null],
      b: [[1, 2], [3]],
      c: ['[\n 1,\n 2\n]', '[1, 2]'],
      d: [],
      e: [{ f: [0] }],
    };
    const text = jsonText(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain('"a": [1, -2.5, 1e-7, null]');
    expect(text).toContain('[1, 2],\n');
    expect(text.endsWith('}\n')).toBe(true);
  });
});
