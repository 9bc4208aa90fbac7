import { describe, expect, it } from 'vitest';
import { conclude } from './conclude.js';
import { select } from './measures.js';
import { diagonal, outcome, type Measured } from './testing/results.js';

/** What experiment `id` concludes, in one text. */
const said = (...given: Parameters<typeof outcome>): string => conclude(outcome(...given)).join('\n');

/** Best validation losses around `mean` that differ by seed as splits do: the same for every variant. */
const bySplit = (mean: number, seed: number, own = 0): Measured => ({
  losses: [mean + 0.1, mean + [0.03, -0.02, 0.01, -0.04, 0.02][seed % 5]! + own, mean + 0.1, mean + 0.1],
});

describe('experiment 0', () => {
  it('names the gap from training to test', () => {
    const text = said(0, 1, () => ({
      losses: [1, 1],
      trainAccuracy: 1,
      testAccuracy: 0.877,
      trainLoss: 2.7e-6,
      testLoss: 1.57,
    }));
    expect(text).toContain('reaches 100 % at epoch 1 of 2');
    expect(text).toContain('test accuracy is 87.7 %: a gap of 12.3 points');
    expect(text).toContain('training loss 2.7e-6, test loss 1.5700');
    expect(text).toContain('The series found a gap of 10.7 points between');
  });
  it('says where there is none', () => {
    const text = said(0, 1, () => ({ losses: [1], trainAccuracy: 0.88, testAccuracy: 0.879 }));
    expect(text).toContain('ends at 88.0 % after 1 epochs');
    expect(text).toContain('no gap to speak of');
    expect(text).toContain('DO NOT show one');
  });
});

describe('experiment 1', () => {
  const rising = [1, 0.7, 0.5, 0.55, 0.6, 0.65, 0.65, 0.65, 0.65, 0.65];
  it('names the epoch from which the validation loss rises, and by how much', () => {
    const text = said(1, 1, () => ({
      losses: rising,
      trainAccuracy: 1,
      valAccuracy: 0.85,
      testAccuracy: 0.86,
    }));
    expect(text).toContain('rises from epoch 3 on: from 0.5000 to 0.6500');
    expect(text).toContain('30.0 % above its minimum');
    expect(text).toContain('a gap of 15.0 points from training to validation');
    expect(text).toContain('the test set is 1.0 points above validation');
    expect(text).toContain('here the turn is after 3.0 epochs of 50, 150 steps');
  });
  it('names the share of runs that overfit, with the spread of the turn', () => {
    const text = said(1, 3, (_, seed) => ({
      losses: seed === 2 ? [1, 0.5, 0.5, 0.5, 0.5] : [...Array<number>(seed).fill(2), ...rising],
    }));
    expect(text).toContain('rises in 2 of 3 runs from epoch 3.5 ± 0.7 on');
  });
  it('sees no overfitting in a flat curve, and says that the series did', () => {
    const text = said(1, 1, () => ({ losses: [1, 0.5, 0.5, 0.501, 0.502] }));
    expect(text).toContain('lowest at epoch 2 and stays within 2 %');
    expect(text).toContain('no clear overfitting');
    expect(text).toContain('these results DO NOT show a rise');
    expect(text).not.toContain('rises');
  });
  it('sees that a curve still falls', () => {
    const text = said(1, 1, () => ({ losses: [1, 0.9, 0.8] }));
    expect(text).toContain('still at its lowest at the end (epoch 3 of 3)');
  });
  it('says where the test set is level with validation', () => {
    const text = said(1, 1, () => ({ losses: rising, valAccuracy: 0.9, testAccuracy: 0.9004 }));
    expect(text).toContain('the test set is level with validation');
  });
  it('says on which side of validation the test set is', () => {
    const text = said(1, 1, () => ({ losses: rising, valAccuracy: 0.95, testAccuracy: 0.9 }));
    expect(text).toContain('the test set is 5.0 points below validation');
  });
});

describe('the winner of a sweep', () => {
  it('is shown where the paired difference is larger than its spread', () => {
    const text = said(6, 5, (variant, seed) =>
      bySplit(
        variant === 'batch-size=256' ? 0.4 : 0.45,
        seed,
        variant === 'batch-size=32' ? 0.001 * seed : 0,
      ),
    );
    expect(text).toContain('batch-size=256 has the lowest best validation loss, 0.4000 ± 0.0292');
    expect(text).toContain('0.0500 higher');
    expect(text).toContain('5 seeds paired): more than the spread over seeds explains');
    expect(text).not.toContain('One seed');
  });
  it('is not shown where the difference changes sign between seeds', () => {
    const text = said(6, 5, (variant, seed) =>
      bySplit(0.4, seed, variant === 'batch-size=64' ? [-0.05, 0.04, -0.03, 0.03, -0.01][seed]! : 0),
    );
    expect(text).toContain('batch-size=64 has the lowest best validation loss');
    expect(text).toContain('within the spread over seeds, so nothing is shown');
    expect(text).not.toContain('more than the spread');
  });
  it('cannot be told from luck by one run each', () => {
    const text = said(6, 1, (variant) => ({ losses: [variant === 'batch-size=32' ? 0.4 : 0.5] }));
    expect(text).toContain('0.1000 higher.\n');
    expect(text.match(/One seed: every difference may be chance/g)).toHaveLength(1);
    expect(text).toContain('Train again with --seeds 5');
  });
  it('needs more than one variant', () => {
    const text = said(6, 2, (_, seed) => bySplit(0.4, seed), { overrides: { batchSize: 48 } });
    expect(text).toContain('the only variant, so there is nothing to choose from');
    expect(text).toContain('names batch-size=32 the best; this run does not put that to the test');
  });
});

describe('published claims', () => {
  const clearly = (best: string) => (variant: string, seed: number) =>
    bySplit(variant === best ? 0.4 : 0.45, seed, variant === best ? 0.001 * seed : 0);
  it('are borne out', () => {
    const text = said(6, 5, clearly('batch-size=32'));
    expect(text).toContain(
      'The README of the series names batch-size=32 the best, and these results bear it out',
    );
    expect(text).toContain(
      'The notebook of the series names batch-size=128 the best, and these results CONTRADICT it',
    );
  });
  it('are contradicted the other way round', () => {
    const text = said(6, 5, clearly('batch-size=128'));
    expect(text).toContain(
      'README of the series names batch-size=32 the best, and these results CONTRADICT it',
    );
    expect(text).toContain(
      'notebook of the series names batch-size=128 the best, and these results bear it out',
    );
  });
  it('stay open where nothing is shown', () => {
    const noisy = (variant: string, seed: number) =>
      bySplit(0.4, seed, variant === 'dropout=0.5' ? [-0.05, 0.04, -0.03, 0.03, -0.01][seed]! : 0);
    expect(said(2, 5, noisy)).toContain(
      'The series names dropout=0.3 the best; these results do not support it: here its best validation loss is 0.0040 higher (standard error',
    );
    const other = (variant: string, seed: number) =>
      bySplit(0.4, seed, variant === 'dropout=0.3' ? [-0.05, 0.04, -0.03, 0.03, -0.01][seed]! : 0);
    expect(said(2, 5, other)).toContain('it leads here too, but these results do not show it');
  });
});

describe('experiment 2', () => {
  it('compares the gaps and holds the best variant against no dropout', () => {
    const text = said(2, 2, (variant, seed) => ({
      ...bySplit({ 'dropout=0.5': 0.42, 'dropout=0.3': 0.41 }[variant] ?? 0.5, seed),
      trainAccuracy: { 'dropout=0.5': 0.94, 'dropout=0.3': 0.97 }[variant] ?? 1,
    }));
    expect(text).toContain(
      '7.0 points with dropout=0.5, 10.0 points with dropout=0.3 and 13.0 points with dropout=0,patience=none',
    );
    expect(text).toContain(
      'Against dropout=0,patience=none, dropout=0.3 has a best validation loss 0.0900 lower',
    );
    expect(text).toContain('2 of 2 runs stopped early, after 4 of 50 epochs');
  });
});

describe('experiment 3', () => {
  const large = (loss: number) => (variant: string, seed: number) =>
    bySplit(variant === 'hidden=128' ? 0.45 : loss, seed, variant === 'hidden=128' ? 0.001 * seed : 0);
  it('holds the larger network against the smaller', () => {
    const text = said(3, 5, large(0.4));
    expect(text).toContain('235,146 parameters');
    expect(text).toContain('2.31 times as many as hidden=128');
    expect(text).toContain('more capacity better, and these results bear it out');
  });
  it('contradicts the series where the smaller is better', () => {
    expect(said(3, 5, large(0.5))).toContain('more capacity better, and these results CONTRADICT it');
  });
});

describe('experiment 4', () => {
  it('tells how little decoupled decay took off, and what the other mode did', () => {
    const text = said(4, 5, (variant, seed) => bySplit(variant.includes('l2') ? 0.4 : 0.45, seed));
    // 4 epochs of 50 steps at lr 1e-3, λ 1e-3: 200 * 1e-6 = 0.02 %.
    expect(text).toContain('Decoupled decay at λ = 0.001 took 0.02 % off each weight in the 200 steps');
    expect(text).toContain(
      'Against weight-decay=0, weight-decay=0.0001 has a best validation loss exactly the same',
    );
    expect(text).toContain(
      'Against weight-decay=0.001, weight-decay=0.001,decay=l2 has a best validation loss 0.0500 lower',
    );
    expect(text).toContain('with coupled (l2) decay, which --decay l2 repeats');
  });
  it('leaves the shrinkage out for l2', () => {
    const text = said(4, 2, (_, seed) => bySplit(0.4, seed), { overrides: { decay: 'l2' } });
    expect(text).toContain('Decay is l2 in these variants');
    expect(text).not.toContain('took');
    expect(text).toContain('The series names weight-decay=0.0005 the best');
  });
});

describe('experiment 5', () => {
  const worst = (name: string) => (variant: string, seed: number) =>
    bySplit(variant === name ? 0.6 : 0.4, seed);
  it('names the worst rate and contradicts the series where it is another', () => {
    expect(said(5, 2, worst('lr=0.005'))).toContain('The worst is lr=0.005');
    expect(said(5, 2, worst('lr=0.005'))).not.toContain('found lr=0.005 the worst');
    expect(said(5, 2, worst('lr=0.0001'))).toContain(
      'The series found lr=0.005 the worst; these results CONTRADICT that: lr=0.0001 is.',
    );
  });
});

describe('final', () => {
  it('leaves classes without test images out of the best and the worst', () => {
    const confusion = diagonal(10, 200).map((row, label) =>
      label === 0 || label === 9 ? row.map(() => 0) : row,
    );
    confusion[4]![5] = 50;
    const text = said('final', 1, () => ({ losses: [0.4], confusion }));
    expect(text).toContain('right on 100.0 % of "ki" and on 80.0 % of "na"');
  });

  const confusion = Array.from({ length: 10 }, (_, row) =>
    Array.from({ length: 10 }, (_, column) =>
      row === column ? 180 - row : row === 2 && column === 6 ? 21 : 0,
    ),
  );
  it('names the most frequent mistake, the best and the worst class', () => {
    const text = said('final', 1, () => ({ losses: [0.4], confusion, valAccuracy: 0.9, testAccuracy: 0.88 }));
    expect(text).toContain('read "su" as "ma": 21 images');
    expect(text).toContain('on 89.4 % of "su"');
    expect(text).toContain('the test set is 2.0 points below validation at the best epoch');
    expect(text).toContain('on "kmnist10k" that figure does not apply');
  });
  it('compares with the series on KMNIST only', () => {
    const text = said('final', 1, () => ({ losses: [0.4], testAccuracy: 0.9118 }), { dataset: 'kmnist' });
    expect(text).toContain('The series reports 90.18 % on the full KMNIST; this is 1.0 points more.');
  });
});

describe('select', () => {
  it('takes the lowest mean best validation loss, then the lowest run, and never looks at the test set', () => {
    const { variants } = outcome(6, 3, (variant, seed) => ({
      losses: [variant === 'batch-size=64' ? [0.5, 0.3, 0.4][seed]! : [0.2, 0.9, 0.9][seed]!],
      testAccuracy: variant === 'batch-size=64' ? 0.1 : 0.9,
    }));
    const { variant, run, reason } = select(variants);
    expect([variant.name, run.trial.seed]).toEqual(['batch-size=64', 1]);
    expect(reason).toContain('lowest best validation loss, mean over seeds');
  });
  it('chooses nothing without validation', () => {
    const { variants } = outcome(0, 3, (_, seed) => ({ losses: [1], testAccuracy: seed / 10 }));
    expect(select(variants)).toMatchObject({
      run: { trial: { seed: 0 } },
      reason: 'no validation set to choose by: the first seed is shown',
    });
  });
});
