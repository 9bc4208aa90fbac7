/** Cuts plans into units: parts of about equal cost, each of which trains on its own, on any machine. */
import { groupTrials } from '../train/grouping.js';
import type { TrainConfig } from '../train/settings.js';
import type { Trial } from '../train/types.js';
import { resultKey, trialsOf } from './plan.js';
import type { PlannedExperiment } from './types.js';

/** Trials of one plan that belong to a unit. */
export interface UnitPart {
  readonly plan: PlannedExperiment;
  readonly trials: readonly Trial[];
}

/** What one process trains: parts of plans, in their order. */
export type Unit = readonly UnitPart[];

interface Place {
  readonly plan: PlannedExperiment;
  readonly trial: Trial;
}

/** How many units there can be: one per training. */
export function mostUnits(plans: readonly PlannedExperiment[]): number {
  return placesOf(plans).length;
}

/**
 * Cuts the trials of plans into units: a pure function of both, so that processes that know nothing of each
 * other cut alike. Trials go by plan, then by shape (trials of one shape train side by side), then by seed
 * (paired comparisons stay on one adapter), then by variant. No unit is empty. What an earlier plan trains
 * already is left out.
 * @param count from 1 to `mostUnits(plans)`
 */
export function cutUnits(plans: readonly PlannedExperiment[], count: number): Unit[] {
  const places = placesOf(plans);
  const costs = places.map(({ trial }) => costOf(trial.config));
  const share = costs.reduce((sum, cost) => sum + cost, 0) / count;
  const units: Unit[] = [];
  let [start, spent] = [0, 0];
  for (let unit = 0; unit < count; unit++) {
    const last = places.length - (count - 1 - unit);
    let end = start;
    // A trial belongs where its middle lies; each unit gets one, and leaves one for each after it.
    while (end < last && (end === start || spent + costs[end]! / 2 < (unit + 1) * share))
      spent += costs[end++]!;
    units.push(partsOf(places.slice(start, unit === count - 1 ? places.length : end)));
    start = end;
  }
  return units;
}

function placesOf(plans: readonly PlannedExperiment[]): Place[] {
  const seen = new Set<string>();
  return plans.flatMap((plan) => {
    const trials = trialsOf(plan).filter((trial) => {
      const key = resultKey(trial);
      return !seen.has(key) && seen.add(key);
    });
    const shapes = groupTrials(trials, (members) => members.length);
    return shapes.flatMap(({ trials: members }) =>
      [...members].sort((a, b) => a.seed - b.seed).map((trial) => ({ plan, trial })),
    );
  });
}

function partsOf(places: readonly Place[]): Unit {
  const plans = [...new Set(places.map(({ plan }) => plan))];
  return plans.map((plan) => ({
    plan,
    trials: places.filter((place) => place.plan === plan).map(({ trial }) => trial),
  }));
}

/** A step costs about as much as so many weights for one image, at any batch size: launches, and waits. */
const stepWeights = 2 ** 22;

/** How long a training takes beside others, in no unit: epochs of as many images, of 28 x 28 pixels. */
function costOf({ hidden, batchSize, epochs, validation }: TrainConfig): number {
  const widths = [784, ...hidden, 10];
  const weights = hidden.reduce((sum, width, i) => sum + widths[i]! * width, widths.at(-2)! * 10);
  return epochs * (1 - validation) * (weights + stepWeights / batchSize);
}
