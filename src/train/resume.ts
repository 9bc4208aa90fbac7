import { isEqual } from '../base/equal.js';
import { EngineError } from '../base/errors.js';
import { kernelsOf, otherVariant } from './kernels-of.js';
import { firstNonfinite } from './nonfinite.js';
import type { GroupPlan } from './plan-training.js';
import type { Snapshot, TrialState } from './state.js';
import type { Trial } from './types.js';
import type { Workspace } from './workspace.js';

/** How far a trial has come: trials that train on side by side must have come equally far. */
export function positionOf(state: TrialState | null): string {
  if (state === null) return 'beginning';
  const { epoch, step } = state.last;
  return state.stopped === null ? `epoch ${epoch}, step ${step}` : 'over';
}

/**
 * Puts a trial's state on the GPU: the given one, or initial weights.
 * @throws EngineError `usage` if the state is not one of this trial in this training
 */
export function restore(
  workspace: Workspace,
  group: GroupPlan,
  index: number,
  trial: Trial,
  state: TrialState | null,
): void {
  if (state === null) {
    workspace.state.writeInitial(index, trial.seed);
    return;
  }
  requireFit(workspace, group, trial, state);
  const { last, best, metrics } = state;
  workspace.state.writeSnapshot('last', index, last);
  workspace.state.writeSnapshot('kept', index, best ?? last);
  workspace.writeTrainingMetrics(index, metrics);
}

function requireFit(workspace: Workspace, group: GroupPlan, trial: Trial, state: TrialState): void {
  const require = (holds: boolean, what: string, found: unknown, expected: unknown): void => {
    if (holds) return;
    throw new EngineError('usage', `${trial.variant}, seed ${trial.seed}: ${what}`, {
      found: JSON.stringify(found),
      expected: JSON.stringify(expected),
      remedy: 'go on from a state of the same trial, or begin anew',
    });
  };
  const { last, best, history, stopped } = state;
  const { trainSteps } = group.sizes;
  const same = isEqual(state.trial.config, trial.config) && state.trial.seed === trial.seed;
  require(same, 'the state is of another trial', state.trial, trial);
  require(last.epoch === history.length, 'epochs are missing in the history', history.length, last.epoch);
  const isWithin = last.step >= 0 && last.step <= trainSteps && last.epoch <= trial.config.epochs;
  require(isWithin && (stopped === null || last.step === 0), 'the state lies outside the training', [
    last.epoch,
    last.step,
  ], [trial.config.epochs, trainSteps]);
  const needsBest = trial.config.patience !== null && last.epoch > 0;
  require(!needsBest || best !== null, 'the weights of the best epoch are missing', null, 'a snapshot');
  require(state.stepsPerEpoch === trainSteps, 'an epoch has other steps', state.stepsPerEpoch, trainSteps);
  const variants = state.kernels && otherVariant(state.kernels, kernelsOf(group));
  require(variants === null, 'another variant of a kernel would run', variants?.[0], variants?.[1]);
  const words = workspace.metricWords(last.step);
  require(state.metrics.length === words, 'the metrics of the epoch under way do not fit', state.metrics
    .length, words);
  for (const snapshot of [last, best ?? last]) requireShapes(group, snapshot, require);
}

function requireShapes(
  group: GroupPlan,
  { parameters, firstMoments, secondMoments }: Snapshot,
  require: (holds: boolean, what: string, found: unknown, expected: unknown) => void,
): void {
  for (const [kind, values] of Object.entries({ parameters, firstMoments, secondMoments }))
    for (const { name, value } of group.training.graph.parameters) {
      const expected = value.vector === true ? [value.columns] : [value.rows, value.columns];
      const found = values.get(name);
      require(isEqual(found?.shape, expected), `${name} of the ${kind} has another shape`, found?.shape ??
        null, expected);
      const at = found === undefined ? -1 : firstNonfinite(found.data);
      require(at < 0, `${name} of the ${kind} is not finite`, `element ${at}`, 'finite numbers');
    }
}
