import { describe, expect, it } from 'vitest';
import { dataProgress, trainingProgress } from '../../src/cli/live.js';
import { createOutput } from '../../src/cli/output.js';
import { epochLine, liveLine } from '../../src/cli/progress.js';
import { experimentById } from '../../src/experiments/catalogue.js';
import type { EpochReport } from '../../src/train/types.js';
import { capture } from './capture.js';

const report = (
  variants: readonly string[],
  rest: { epoch?: number; loss?: number; validation?: boolean; improved?: boolean; active?: number } = {},
): EpochReport => {
  const { epoch = 12, loss = 0.4431, validation = true, improved = false, active = variants.length } = rest;
  return {
    epoch,
    active,
    stepsPerSecond: 409.7,
    seconds: 3,
    trials: variants.map((variant, index) => ({
      trial: { variant, seed: index, config: experimentById(6).variants[0]!.config },
      record: {
        epoch,
        train: { loss: 0.1234, accuracy: 0.96 },
        validation: validation ? { loss: loss + index * 0.1, accuracy: 0.876 } : null,
      },
      improved,
    })),
  };
};

describe('epochLine', () => {
  it('tells one trial in full', () => {
    expect(epochLine(report(['batch-size=32'], { improved: true }))).toBe(
      'batch-size=32  epoch  12/200  train 0.1234 96.0 %  val 0.4431 87.6 % best  410 steps/s',
    );
  });
  it('leaves out what there is not', () => {
    expect(epochLine(report(['baseline'], { validation: false }))).toBe(
      'baseline  epoch  12/200  train 0.1234 96.0 %  410 steps/s',
    );
  });
  it('sums up several trials', () => {
    expect(epochLine(report(['a', 'b', 'b'], { active: 2 }))).toBe(
      '2 variants  epoch  12/200  2 training  val loss 0.5431 mean, 0.4431 lowest  410 steps/s',
    );
    expect(epochLine(report(['a', 'a'], { validation: false }))).toContain(
      'a  epoch  12/200  2 training  train loss',
    );
  });
  it('stays under 100 columns with the longest names and figures', () => {
    const long = 'weight-decay=0.00000012345,decay=decoupled';
    for (const names of [[long], [long, long], Array.from({ length: 1000 }, (_, index) => String(index))]) {
      const line = epochLine({
        ...report(names, { loss: 12345.6789, improved: true }),
        stepsPerSecond: 123456,
      });
      expect(line.length).toBeLessThan(100);
    }
  });
});

describe('liveLine', () => {
  const progress = { epoch: 13, step: 25, steps: 50, active: 3 };
  it('has the running epoch, then the figures of the last', () => {
    expect(liveLine('exp6', progress, report(['a']))).toBe(
      'exp6  a  epoch 13/200 [#####-----]  train 0.1234 96.0 %  val 0.4431 87.6 %       410 steps/s',
    );
  });
  it('has no figures before the first epoch is done', () => {
    expect(liveLine('exp6', { ...progress, step: 0 }, null)).toBe('exp6  epoch 13 [----------]');
  });
  it('has a full bar between two epochs', () => {
    expect(liveLine('exp6', null, report(['a', 'b']))).toMatch(
      /^exp6 {2}2 variants {2}epoch 12\/200 \[#{10}\] /,
    );
  });
});

describe('trainingProgress', () => {
  const make = (columns?: number, json = false) => {
    const stdout = capture(columns);
    const stderr = capture(columns);
    const output = createOutput({ stdout, stderr, json, quiet: false });
    return { stdout, stderr, progress: trainingProgress(output, 'exp6', { experiment: 6 }) };
  };
  it('writes one line per epoch into a pipe', () => {
    const { stdout, progress } = make();
    for (const epoch of [1, 2]) {
      progress.onProgress({ epoch, step: 1, steps: 2, active: 1 });
      progress.onEpoch(report(['a'], { epoch }));
    }
    expect(stdout.lines()).toHaveLength(2);
    expect(stdout.text()).not.toContain('\u001b');
  });
  it('writes only the live line on a terminal', () => {
    const { stdout, progress } = make(300);
    progress.onProgress({ epoch: 1, step: 1, steps: 2, active: 1 });
    progress.onEpoch(report(['a'], { epoch: 1 }));
    expect(stdout.text()).not.toContain('\n');
  });
  it('forgets the figures of a group when the next one starts', () => {
    const { stdout, progress } = make(300);
    progress.onEpoch(report(['first'], { epoch: 9 }));
    progress.onProgress({ epoch: 10, step: 1, steps: 2, active: 1 });
    progress.onProgress({ epoch: 1, step: 1, steps: 2, active: 1 });
    const [, , same, next] = stdout
      .text()
      .split('\r\u001b[K')
      .map((line) => line.includes('first'));
    expect([same, next]).toEqual([true, false]);
  });
  it('has an event per epoch', () => {
    const { stdout, progress } = make(undefined, true);
    progress.onEpoch(report(['a', 'b'], { epoch: 4, improved: true }));
    expect(stdout.records()).toEqual([
      {
        event: 'epoch',
        experiment: 6,
        epoch: 4,
        active: 2,
        stepsPerSecond: 409.7,
        seconds: 3,
        trials: ['a', 'b'].map((variant, seed) => ({
          variant,
          seed,
          trainLoss: 0.1234,
          trainAccuracy: 0.96,
          valLoss: 0.4431 + seed * 0.1,
          valAccuracy: 0.876,
          improved: true,
        })),
      },
    ]);
  });
});

describe('dataProgress', () => {
  it('writes one line per complete file into a pipe', () => {
    const stdout = capture();
    const output = createOutput({ stdout, stderr: capture(), json: false, quiet: false });
    const { onProgress, onNotice } = dataProgress(output);
    onNotice('a damaged file was removed');
    for (const received of [1e6, 5e6, 18.2e6])
      onProgress({ file: 'train-images', received, total: 18.2e6, host: 'a.host' });
    expect(stdout.lines()).toEqual([
      'a damaged file was removed',
      'downloaded train-images from a.host, 18.2 of 18.2 MB',
    ]);
  });
});
