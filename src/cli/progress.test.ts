import { describe, expect, it } from 'vitest';
import { dataProgress, trainingProgress } from './live.js';
import { createOutput } from './output.js';
import { epochLine, liveLine, type Outlook } from './progress.js';
import { experimentById } from '../experiments/catalogue.js';
import type { EpochReport } from '../train/types.js';
import { capture, type Capture } from '../testing/capture.js';

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

const outlook: Outlook = { left: { ifNoBetter: 20.4, atMost: 369.2 }, runsAfter: null };

describe('epochLine', () => {
  it('tells one trial in full', () => {
    expect(epochLine(report(['batch-size=32'], { improved: true }), outlook)).toBe(
      'batch-size=32  epoch  12/200  val 0.4431 87.6 % best  410 steps/s  0:21-6:10 left',
    );
    expect(epochLine(report(['a']), { left: { ifNoBetter: 9, atMost: 9 }, runsAfter: 1 })).toBe(
      'a  epoch  12/200  train 0.1234 96.0 %  val 0.4431 87.6 %       410 steps/s  0:09 left',
    );
  });
  it('leaves out what there is not', () => {
    expect(epochLine(report(['baseline'], { validation: false, active: 0 }), outlook)).toBe(
      'baseline  epoch  12/200  train 0.1234 96.0 %  410 steps/s',
    );
  });
  it('sums up several trials', () => {
    expect(epochLine(report(['a', 'b', 'b'], { active: 2 }), outlook)).toBe(
      '2 variants  epoch  12/200  mean val 0.5431 87.6 %, lowest 0.4431  410 steps/s  0:21-6:10 left',
    );
    expect(epochLine(report(['a', 'a'], { validation: false }), outlook)).toContain(
      'mean train 0.1234 96.0 %',
    );
  });
  it('stays under 100 columns with the longest names and figures', () => {
    const long = 'weight-decay=0.00000012345,decay=decoupled';
    for (const names of [[long], [long, long], Array.from({ length: 1000 }, (_, index) => String(index))]) {
      const line = epochLine(
        { ...report(names, { loss: 12345.6789, improved: true }), stepsPerSecond: 123456 },
        { left: { ifNoBetter: 1e5, atMost: 1e6 }, runsAfter: 1000 },
      );
      expect(line.length).toBeLessThan(100);
      expect(line).toContain('epoch  12/200');
    }
  });
});

describe('liveLine', () => {
  const progress = { epoch: 13, step: 25, steps: 50, active: 3 };
  const live = (names: readonly string[], columns: number, runsAfter: number | null = 3): string => {
    const last = { report: report(names, { improved: true }), outlook: { ...outlook, runsAfter } };
    return liveLine({ heading: 'exp6', progress, last }, columns);
  };

  it('has the running epoch, then the figures of the last, and what is left', () => {
    expect(live(['a'], 299)).toBe(
      'exp6  a  epoch 13/200 [#####-----]  train 0.1234 96.0 %  val 0.4431 87.6 % best  410 steps/s  ' +
        '0:21 left if no better, at most 6:10  then 3 more runs',
    );
    expect(live(['a', 'b'], 299, 1)).toBe(
      'exp6  2 variants  epoch 13/200 [#####-----]  2 training  mean val 0.4931 87.6 %, lowest 0.4431  410 steps/s  ' +
        '0:21 left if no better, at most 6:10  then 1 more run',
    );
  });

  it('tells what there is room for', () => {
    expect([120, 99, 79, 59, 39, 19, 9].map((columns) => live(['batch-size=32'], columns))).toEqual([
      'exp6  batch-size=32  epoch 13/200 [#####-----]  train 0.1234 96.0 %  val 0.4431 87.6 % best  410 steps/s  0:21-6:10 left',
      'exp6  batch-size=32  epoch 13/200 [#####-----]  val 0.4431 87.6 % best  410 steps/s  0:21-6:10 left',
      'batch-size=32  13/200  val 0.4431 87.6 % best  410 steps/s  0:21-6:10 left',
      '13/200  val 0.4431 87.6 % best  0:21-6:10 left',
      '13/200  87.6 %  0:21-6:10 left',
      '13/200  87.6 %',
      '13/200  8',
    ]);
  });

  it('has epoch, loss, accuracy, steps per second and what is left on a terminal of 80 columns', () => {
    expect(live(['a', 'b', 'b'], 79)).toBe(
      '2 variants  epoch 13/200  mean val 0.5431 87.6 %  410 steps/s  0:21-6:10 left',
    );
    expect(live(['learning-rate=0.00001'], 79)).toMatch(
      /13\/200 {2}val 0.4431 87.6 % best {2}.*0:21-6:10 left$/,
    );
  });

  it('fits any width, and always has the epoch', () => {
    for (const names of [['batch-size=32'], ['a', 'b'], ['x'.repeat(40)]])
      for (let columns = 19; columns <= 299; columns++) {
        const line = live(names, columns);
        expect(line.length).toBeLessThanOrEqual(columns);
        expect(line).toContain('13/200');
        expect(line).toContain('87.6 %');
      }
  });

  it('has no figures before the first epoch is done', () => {
    const state = { heading: 'exp6', progress: { ...progress, step: 0 }, last: null };
    expect(liveLine(state, 79)).toBe('exp6  epoch 13 [----------]');
  });
});

describe('trainingProgress', () => {
  const make = (columns?: number, json = false) => {
    const stdout = capture(columns);
    const stderr = capture(columns);
    const output = createOutput({ stdout, stderr, json, quiet: false, env: {} });
    const clock = { ms: 0 };
    const progress = trainingProgress(output, 'exp6', { experiment: 6 }, () => (clock.ms += 100));
    return { stdout, stderr, progress };
  };
  const shown = (stdout: Capture): string[] => stdout.text().split('\r\u001b[K').slice(1);

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
  it('rewrites it twenty times per second at most', () => {
    const stdout = capture(80);
    const output = createOutput({ stdout, stderr: capture(80), json: false, quiet: false, env: {} });
    let ms = 0;
    const progress = trainingProgress(output, 'exp6', {}, () => ms);
    for (let epoch = 1; epoch <= 100; epoch++) {
      ms += 10;
      progress.onEpoch(report(['a'], { epoch }));
    }
    expect(shown(stdout)).toHaveLength(20);
  });
  it('forgets the figures of a group when the next one starts', () => {
    const { stdout, progress } = make(300);
    progress.onEpoch(report(['first'], { epoch: 9 }));
    progress.onProgress({ epoch: 10, step: 1, steps: 2, active: 1 });
    progress.onProgress({ epoch: 1, step: 1, steps: 2, active: 1 });
    expect(shown(stdout).map((line) => line.includes('first'))).toEqual([true, true, false]);
  });
  it('says who diverged, and does not count those among the runs to come', () => {
    const { stdout, progress } = make(300);
    const { trials } = report(['a', 'b']);
    progress.expect(6);
    progress.onDiverged(trials[1]!.trial, 1);
    progress.onEpoch(report(['a', 'c'], { epoch: 1 }));
    // This one was counted when its group reported.
    progress.onDiverged(trials[0]!.trial, 2);
    progress.onEpoch(report(['c'], { epoch: 2 }));
    expect(stdout.text()).toContain('b, seed 1: diverged in epoch 1, and trains no further\n');
    const after = shown(stdout).flatMap((line) => /then .*$/m.exec(line)?.[0] ?? []);
    expect(after).toEqual(['then 3 more runs', 'then 3 more runs']);
  });
  it('counts down to the end that is known, and the runs after it', () => {
    const { stdout, progress } = make(300);
    progress.expect(3);
    // Three seconds per epoch, patience 10, 200 epochs; the best epoch so far is the second.
    for (const epoch of [1, 2, 3])
      progress.onEpoch({ ...report(['a'], { epoch, improved: epoch < 3 }), seconds: 3 * epoch });
    progress.onProgress({ epoch: 4, step: 25, steps: 50, active: 1 });
    const [first, second, third, half] = shown(stdout);
    expect(first).toMatch(/ 0:30 left if no better, at most 9:57 {2}then 2 more runs$/);
    expect(second).toMatch(/ 0:30 left if no better, at most 9:54 {2}then 2/);
    expect(third).toMatch(/ 0:27 left if no better, at most 9:51 {2}then 2/);
    expect(half).toMatch(/ 0:26 left if no better, at most 9:50 {2}then 2/);
    progress.onEpoch({ ...report(['b', 'b'], { epoch: 1 }), seconds: 2 });
    expect(shown(stdout).at(-1)).not.toContain('then');
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
  it('shows a bar while pictures are read', () => {
    const stdout = capture();
    const output = createOutput({ stdout, stderr: capture(), json: false, quiet: false });
    const { onPictures } = dataProgress(output);
    for (const done of [8, 10_000, 10_008, 20_000]) onPictures(done, 20_000);
    expect(stdout.lines()).toEqual(['read 10,000 of 20,000 pictures', 'read 20,000 of 20,000 pictures']);
  });

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
