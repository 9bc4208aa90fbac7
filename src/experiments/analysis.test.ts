import { describe, expect, it } from 'vitest';
import { analyse } from './analysis.js';
import { conclude } from './conclude.js';
import { experimentOf, sweepDefinition } from './definition.js';
import { concludeSweep } from './lessons/sweep.js';
import { readAxes } from './points.js';
import { summarise } from './summary.js';
import { outcome } from './testing/results.js';
import type { HalvingRound, Outcome } from './types.js';

function sweep(
  written: string,
  seeds: number,
  loss: (values: Readonly<Record<string, number>>, seed: number) => number,
  { sample = null }: { readonly sample?: number | null } = {},
): Outcome {
  const definition = sweepDefinition(readAxes(written, '--sweep'), { sample, halving: null });
  return outcome(experimentOf('sweep', definition, concludeSweep), seeds, (name, seed) => {
    const values = name.split(',').map((part) => part.split('='));
    const byName: Record<string, number> = {};
    for (const [key, value] of values) byName[key!] = Number(value);
    return { losses: [loss(byName, seed)] };
  });
}

/** Noise that is the same in every run of the test. */
const noise = (seed: number, variant: number): number => 0.01 * Math.sin(12.9898 * seed + 78.233 * variant);

describe('importance', () => {
  it('is all of the variance for the setting that alone matters, and none for the other', () => {
    const { importance } = analyse(sweep('lr=1,2,3 dropout=0,0.1,0.2', 1, ({ lr }) => Math.exp(lr!)));
    expect(importance).toEqual([
      { setting: 'lr', share: 1 },
      { setting: 'dropout', share: 0 },
    ]);
  });

  it('of a range sees a valley in its logarithm', () => {
    const written = 'lr=1e-5..1e-1:log dropout=0..0.5';
    const { importance } = analyse(
      sweep(written, 1, ({ lr }) => Math.exp((Math.log10(lr!) + 3) ** 2), { sample: 30 }),
    );
    expect(importance[0]!.share).toBeCloseTo(1, 6);
    expect(importance[1]!.share).toBeLessThan(0.4);
  });

  it('says nothing where each value was tried once', () => {
    const { importance } = analyse(sweep('lr=1,2,3', 2, ({ lr }) => lr!));
    expect(importance).toEqual([{ setting: 'lr', share: null }]);
  });
});

describe('what cannot be told apart', () => {
  it('is what differs from the best by no more than the spread', () => {
    const { ranking, notToldApart, compared } = analyse(
      sweep('lr=1,2,3', 5, ({ lr }, seed) => (lr === 3 ? 2 : 1) + noise(seed, lr!)),
    );
    expect(compared).toBe(3);
    expect(ranking.at(-1)!.name).toBe('lr=3');
    expect(notToldApart).toHaveLength(1);
    expect(['lr=1', 'lr=2']).toContain(notToldApart[0]!.name);
  });

  it('is corrected for the number of comparisons', () => {
    // With three seeds |t| = 5: a chance of 3.8 %, below 5 % alone, and not among four.
    const gap = (lr: number, seed: number): number =>
      1 + 0.1 * (1 + (seed - 1) * 0.34641) * (lr === 1 ? 0 : 1);
    const alone = analyse(sweep('lr=1,2', 3, ({ lr }, seed) => gap(lr!, seed)));
    const among = analyse(sweep('lr=1,2,3,4,5', 3, ({ lr }, seed) => gap(lr!, seed)));
    expect(alone.notToldApart).toHaveLength(0);
    expect(among.notToldApart).toHaveLength(4);
  });

  it('is everything where there is one seed', () => {
    expect(analyse(sweep('lr=1,2,3', 1, ({ lr }) => lr!)).notToldApart).toHaveLength(2);
  });
});

describe('the sentences of a sweep', () => {
  it('name the best, those like it, and what matters', () => {
    const made = sweep('lr=1,2 dropout=0,0.1', 5, ({ lr }, seed) => lr! + noise(seed, lr!));
    const sentences = conclude(made).join('\n');
    expect(sentences).toMatch(/^lr=1,dropout=0(\.1)? has the lowest best validation loss/);
    expect(sentences).toContain('corrected for 3 comparisons); 2 are worse.');
    expect(sentences).toContain('lr 100 % and dropout 0 %');
  });

  it('say what halving spent', () => {
    const made = sweep('lr=1,2,3', 1, ({ lr }) => lr!);
    const ranking = [1, 2, 3].map((lr) => ({ variant: `lr=${lr}`, valLoss: lr }));
    const rounds: HalvingRound[] = [
      { epochs: 10, ranking, kept: 1 },
      { epochs: 30, ranking: ranking.slice(0, 1), kept: 1 },
    ];
    const halved = { ...made, rounds };
    expect(concludeSweep(halved).at(-1)).toBe(
      'Successive halving trained 3 to epoch 10 and 1 to epoch 30: at most 50 epochs per seed where all would take 90.',
    );
    expect(analyse(halved).compared).toBe(1);
  });

  it('stand in the summary as figures', () => {
    const made = sweep('lr=1,2', 2, ({ lr }, seed) => lr! + noise(seed, lr!));
    const { sweep: record } = summarise(made, {} as never);
    expect(record).toMatchObject({
      question: 'Which lr gives the lowest validation loss?',
      settings: ['lr'],
      sample: null,
      halving: null,
      ranking: ['lr=1', 'lr=2'],
      compared: 2,
    });
  });
});
