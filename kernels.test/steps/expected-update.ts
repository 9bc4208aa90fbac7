/** What the update of a step must give, by either optimiser, with or without clipping. */
import { adam, type TrialRecord } from '../../src/kernels/index.js';
import { adamwBound, clipBound, sgdBound } from '../bounds.js';
import type { Expected, ExpectedUpdate } from '../fixtures/expected.js';
import { adamw } from '../reference/adamw.js';
import { clipGradients } from '../reference/clip_gradients.js';
import type { Numbers } from '../reference/numbers.js';
import { sgd } from '../reference/sgd.js';

/** The arenas of an optimiser's state, by the names of their tensors in the formulas. */
export const arenas = { p: 'parameters', m: 'first_moments', v: 'second_moments' } as const;
export type Kind = keyof typeof arenas;
export type Optimizer = 'adamw' | 'sgd';

/** SGD has no second moments. */
export function kindsOf(optimizer: Optimizer): readonly Kind[] {
  return optimizer === 'sgd' ? ['p', 'm'] : ['p', 'm', 'v'];
}

/** The values, or the bounds, of all parameters one after the other. */
export function flat(all: readonly Expected[], key: keyof Expected): number[] {
  return all.flatMap((each) => Array.from(each[key]));
}

/** All gradients of a step, clipped by their global norm, with the bounds of a device that does the same. */
export function expectedClipping(raw: readonly Expected[], maxNorm: number | null): readonly Expected[] {
  if (maxNorm === null) return raw;
  const bound = clipBound(flat(raw, 'values'), maxNorm, flat(raw, 'bound'));
  const gradients = raw.map(({ values }) => values);
  let end = 0;
  return clipGradients(gradients, maxNorm).map((values) => ({
    values,
    bound: bound.subarray(end, (end += values.length)),
  }));
}

/** A parameter and its moments after an update by `gradient`. @param step of the optimiser, from 1 on */
export function expectedState(
  optimizer: Optimizer,
  settings: Pick<TrialRecord, 'learningRate' | 'momentum' | 'weightDecay' | 'decay'>,
  step: number,
  { p, m, v }: Readonly<Record<Kind, Numbers>>,
  { values: g, bound: gBound }: Expected,
): ExpectedUpdate {
  if (optimizer === 'sgd') {
    const [after, bound] = [sgd(p, g, m, settings), sgdBound(p, g, m, settings, gBound)];
    const same = { values: Float64Array.from(v), bound: new Float64Array(v.length) };
    return { p: { values: after.p, bound: bound.p }, m: { values: after.m, bound: bound.m }, v: same };
  }
  const all = { ...adam, ...settings, step };
  const [after, bound] = [adamw(p, g, m, v, all), adamwBound(p, g, m, v, all, gBound)];
  const of = (kind: Kind): Expected => ({ values: after[kind], bound: bound[kind] });
  return { p: of('p'), m: of('m'), v: of('v') };
}
