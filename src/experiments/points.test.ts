import { describe, expect, it } from 'vitest';
import { points, rangeText, readAxes } from './points.js';

const most = 100;
const grid = (written: string): unknown[] =>
  points(readAxes(written, '--sweep'), { sample: null, seed: 0, most });
const drawn = (written: string, sample: number, seed = 0): Record<string, unknown>[] =>
  points(readAxes(written, '--sweep'), { sample, seed, most });

describe('what --sweep says', () => {
  it('is values between commas, in the type of the setting', () => {
    expect(readAxes('lr=1e-4,.5', '--sweep')).toEqual({ learningRate: [1e-4, 0.5] });
    expect(readAxes('decay=l2,decoupled', '--sweep')).toEqual({ decay: ['l2', 'decoupled'] });
    expect(readAxes('patience=3,10', '--sweep')).toEqual({ patience: [3, 10] });
  });

  it('has slashes between values that have commas themselves', () => {
    expect(readAxes('hidden=128/256,128', '--sweep')).toEqual({ hidden: [[128], [256, 128]] });
  });

  it('is a range of numbers, which is written as it is read', () => {
    const { learningRate } = readAxes('lr=1e-4..1e-2:log', '--sweep');
    expect(learningRate).toEqual({ low: 1e-4, high: 1e-2, log: true });
    expect(rangeText(learningRate!)).toBe('0.0001..0.01:log');
    expect(readAxes('dropout=0..0.5', '--sweep')).toEqual({ dropout: { low: 0, high: 0.5, log: false } });
  });

  it('names several settings, in their order', () => {
    expect(Object.keys(readAxes('lr=1,2 dropout=0,0.5 batch-size=32,64', '--sweep'))).toEqual([
      'learningRate',
      'dropout',
      'batchSize',
    ]);
  });
});

describe('a grid', () => {
  it('has every combination once, the last setting fastest', () => {
    expect(grid('lr=1,2 dropout=0,0.5')).toEqual([
      { learningRate: 1, dropout: 0 },
      { learningRate: 1, dropout: 0.5 },
      { learningRate: 2, dropout: 0 },
      { learningRate: 2, dropout: 0.5 },
    ]);
  });

  it('of nothing is one point', () => {
    expect(points({}, { sample: null, seed: 0, most })).toEqual([{}]);
  });

  it('of a range is refused, and says how to draw from it', () => {
    expect(() => grid('lr=1e-4..1e-2')).toThrow('lr has a range, and a grid needs its values');
  });

  it('of too many points is refused, and says how to draw some', () => {
    const values = Array.from({ length: 11 }, (_, i) => i + 1).join(',');
    expect(() => grid(`batch-size=${values} epochs=${values}`)).toThrow('the grid has too many points');
  });
});

describe('a sample', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(drawn('lr=1e-4..1e-2:log dropout=0..0.5', 5)).toEqual(
      drawn('lr=1e-4..1e-2:log dropout=0..0.5', 5),
    );
    expect(drawn('lr=1e-4..1e-2:log', 5, 1)).not.toEqual(drawn('lr=1e-4..1e-2:log', 5, 0));
  });

  it('of fewer points is the beginning of a larger one', () => {
    expect(drawn('lr=1e-4..1e-2:log', 20).slice(0, 7)).toEqual(drawn('lr=1e-4..1e-2:log', 7));
  });

  it('lies within its ranges, with four significant digits', () => {
    for (const { learningRate, dropout, batchSize } of drawn(
      'lr=1e-4..1e-2:log dropout=0.1..0.2 batch-size=16..18',
      90,
    )) {
      expect(learningRate).toBeGreaterThanOrEqual(1e-4);
      expect(learningRate).toBeLessThanOrEqual(1e-2);
      expect(Number((learningRate as number).toPrecision(4))).toBe(learningRate);
      expect(dropout).toBeGreaterThanOrEqual(0.1);
      expect(dropout).toBeLessThanOrEqual(0.2);
      expect([16, 17, 18]).toContain(batchSize);
    }
  });

  it('of a logarithmic range has half of its points below the geometric middle', () => {
    const below = drawn('lr=1e-6..1e-2:log', 400).filter(
      ({ learningRate }) => (learningRate as number) < 1e-4,
    );
    // Binomial with p = 1/2: 400 draws have 200 ± 10; five standard deviations.
    expect(Math.abs(below.length - 200)).toBeLessThan(50);
  });

  it('gives whole numbers the same chance each, ends included', () => {
    const sizes = Array.from({ length: 300 }, (_, seed) => drawn('batch-size=1..3', 1, seed)[0]!.batchSize);
    for (const size of [1, 2, 3]) {
      const share = sizes.filter((each) => each === size).length;
      expect(Math.abs(share - 100)).toBeLessThan(45);
    }
  });

  it('keeps a point that is drawn twice once', () => {
    expect(drawn('decay=l2,decoupled', 50)).toHaveLength(2);
  });
});
