import { describe, expect, it } from 'vitest';
import { Countdown, duration, leftText } from './time-left.js';
import { experimentById } from '../experiments/catalogue.js';
import type { EpochReport } from '../train/types.js';

interface One {
  readonly seed?: number;
  readonly improved?: boolean;
  readonly patience?: number | null;
}

/** A report of trials with at most 20 epochs. */
function report(epoch: number, seconds: number, trials: readonly One[]): EpochReport {
  const score = { loss: 1, accuracy: 0.5 };
  return {
    epoch,
    seconds,
    active: trials.length,
    stepsPerSecond: 1,
    trials: trials.map(({ seed = 0, improved = false, patience = 3 }) => ({
      trial: {
        variant: 'a',
        seed,
        config: { ...experimentById(6).variants[0]!.config, epochs: 20, patience },
      },
      record: { epoch, train: score, validation: score },
      improved,
    })),
  };
}

describe('Countdown', () => {
  const after = (...reports: readonly EpochReport[]): Countdown => {
    const countdown = new Countdown();
    for (const each of reports) countdown.add(each);
    return countdown;
  };

  it('knows the end without early stopping', () => {
    expect(after(report(1, 2, [{ patience: null }])).seconds()).toEqual({ ifNoBetter: 38, atMost: 38 });
  });

  it('counts the patience from the best epoch', () => {
    const one = [report(1, 1, [{ improved: true }]), report(2, 2, [{}])] as const;
    expect(after(...one).seconds()).toEqual({ ifNoBetter: 2, atMost: 18 });
    expect(after(...one, report(3, 3, [{ improved: true }])).seconds()).toEqual({
      ifNoBetter: 3,
      atMost: 17,
    });
  });

  it('is bounded by the last epoch', () => {
    expect(after(report(18, 18, [{ improved: true }])).seconds()).toEqual({ ifNoBetter: 2, atMost: 2 });
    expect(after(report(20, 1, [{ improved: true }])).seconds()).toEqual({ ifNoBetter: 0, atMost: 0 });
  });

  it('waits for the trial that takes longest, not for those that have stopped', () => {
    const trials = (improved: boolean): One[] => [
      { seed: 0 },
      { seed: 1, improved },
      { seed: 2, patience: 1 },
    ];
    const countdown = after(
      report(1, 1, [{ seed: 0, improved: true }, { seed: 1 }, { seed: 2, improved: true, patience: 1 }]),
    );
    countdown.add(report(2, 2, trials(true)));
    expect(countdown.seconds()).toEqual({ ifNoBetter: 3, atMost: 18 });
    countdown.add(report(3, 3, trials(false)));
    countdown.add(report(4, 4, trials(false)));
    expect(countdown.seconds()).toEqual({ ifNoBetter: 1, atMost: 16 });
  });

  it('goes by the mean of those before, when it begins in the middle, as a resumed group does', () => {
    const countdown = after(report(10, 30, [{ patience: null }]));
    expect(countdown.seconds()).toEqual({ ifNoBetter: 30, atMost: 30 });
    countdown.add(report(11, 33, [{ patience: null }]));
    expect(countdown.seconds()).toEqual({ ifNoBetter: 27, atMost: 27 });
  });

  it('goes by the last five epochs, and by what is done of the running one', () => {
    const countdown = after(
      ...[10, 11, 12, 13, 14, 15, 16].map((seconds, i) => report(i + 1, seconds, [{ patience: null }])),
    );
    expect(countdown.seconds()).toEqual({ ifNoBetter: 13, atMost: 13 });
    expect(countdown.seconds(0.5)).toEqual({ ifNoBetter: 12.5, atMost: 12.5 });
    expect(after(report(20, 20, [{}])).seconds(0.5)).toEqual({ ifNoBetter: 0, atMost: 0 });
  });
});

describe('duration', () => {
  it.each([
    [0, '0:00'],
    [0.2, '0:01'],
    [59.5, '1:00'],
    [61, '1:01'],
    [3599.2, '1:00:00'],
    [36_000 + 62, '10:01:02'],
  ])('%d s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

it('leftText has one figure where there is only one', () => {
  expect(leftText({ ifNoBetter: 5, atMost: 5 })).toEqual({ long: '0:05 left', short: '0:05 left' });
  expect(leftText({ ifNoBetter: 5, atMost: 65 })).toEqual({
    long: '0:05 left if no better, at most 1:05',
    short: '0:05-1:05 left',
  });
});
