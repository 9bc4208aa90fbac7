import { describe, expect, it } from 'vitest';
import { experimentById, experiments } from './catalogue.js';
import { planExperiment, resultKey, trialsOf } from './plan.js';
import { cutUnits, mostUnits, type Unit } from './units.js';

const planOf = (id: number, seeds = 3) =>
  planExperiment(
    experimentById(id),
    {},
    Array.from({ length: seeds }, (_, i) => i),
  );
const namesOf = (units: readonly Unit[]) =>
  units.map((unit) => unit.flatMap(({ trials }) => trials.map(({ variant, seed }) => `${variant} ${seed}`)));
const series = experiments.filter(({ id }) => id !== 'final').map((each) => planExperiment(each, {}, [0, 1]));

describe('the cut', () => {
  it('keeps the variants of a seed together', () => {
    expect(namesOf(cutUnits([planOf(5)], 3))).toEqual(
      [0, 1, 2].map((seed) =>
        ['lr=0.0001', 'lr=0.0005', 'lr=0.005', 'lr=0.001'].map((lr) => `${lr} ${seed}`),
      ),
    );
  });

  it('puts each shape by itself', () => {
    const units = cutUnits([planOf(6, 2)], 4);
    expect(new Set(namesOf(units)[0]!.map((name) => name.split(' ')[0]))).toEqual(new Set(['batch-size=32']));
  });

  it.each([1, 2, 3, 5, 7, 11, 'one each'])('has every trial once, and no empty unit: %s', (wish) => {
    for (const plans of [[planOf(4)], [planOf(6)], [planOf(3, 1)], series]) {
      const most = mostUnits(plans);
      const count = wish === 'one each' ? most : Math.min(most, wish as number);
      const units = cutUnits(plans, count);
      expect(units).toHaveLength(count);
      expect(units.every((unit) => unit.every(({ trials }) => trials.length > 0) && unit.length > 0)).toBe(
        true,
      );
      const keys = units.flat().flatMap(({ trials }) => trials.map(resultKey));
      expect(new Set(keys).size).toBe(keys.length);
      expect(new Set(keys)).toEqual(new Set(plans.flatMap(trialsOf).map(resultKey)));
    }
  });

  it('is the same each time, and levels the cost', () => {
    expect(cutUnits(series, 7)).toEqual(cutUnits(series, 7));
    const sizes = cutUnits([planOf(5, 30)], 10).map((unit) => unit[0]!.trials.length);
    expect(sizes).toEqual(new Array(10).fill(12));
  });

  it('trains once what two experiments have', () => {
    const all = series.flatMap(trialsOf).length;
    expect(mostUnits(series)).toBeLessThan(all);
  });
});
