import { isEqual } from '../base/equal.js';
import { EngineError, type ErrorKind } from '../base/errors.js';
import { shapeOf } from './capture.js';
import { kernelsOf, otherVariant } from './describe.js';
import { firstNonfinite } from './finite-check.js';
import type { GroupPlan } from './plan-training.js';
import type { Snapshot, Trial, TrialState } from './types.js';
import type { Workspace } from './workspace.js';

/**
 * Puts a trial's state on the GPU: the one that it resumes from, or initial weights.
 * @throws EngineError `usage` if the state is not one of this trial in this training
 */
export function restore(workspace: Workspace, index: number): void {
  const trial = workspace.group.trials[index]!;
  const state = workspace.group.states[index] ?? null;
  if (state === null) {
    workspace.state.writeInitial(index, trial.seed);
    return;
  }
  requireFit(workspace, trial, state);
  const { last, best, metrics } = state;
  workspace.state.writeSnapshot('last', index, last);
  workspace.state.writeSnapshot('kept', index, best ?? last);
  workspace.writeTrainingMetrics(index, metrics);
}

type Demand = (holds: boolean, what: string, found: unknown, expected: unknown, kind?: ErrorKind) => void;

function requireFit(workspace: Workspace, trial: Trial, state: TrialState): void {
  const { group } = workspace;
  const demand: Demand = (holds, what, found, expected, kind = 'usage') => {
    if (holds) return;
    throw new EngineError(kind, `${trial.variant}, seed ${trial.seed}: ${what}`, {
      found: JSON.stringify(found),
      expected: JSON.stringify(expected),
      remedy: 'resume from a state of the same trial, or train from the beginning',
    });
  };
  const { last, best, history, stopped } = state;
  const { trainSteps } = group.sizes;
  const same = isEqual(state.trial.config, trial.config) && state.trial.seed === trial.seed;
  demand(same, 'the state is of another trial', state.trial, trial);
  demand(last.epoch === history.length, 'epochs are missing in the history', history.length, last.epoch);
  const isWithin = last.step >= 0 && last.step <= trainSteps && last.epoch <= trial.config.epochs;
  const [at, end] = [
    [last.epoch, last.step],
    [trial.config.epochs, trainSteps],
  ];
  demand(isWithin && (stopped === null || last.step === 0), 'the state lies outside the training', at, end);
  const needsBest = trial.config.patience !== null && last.epoch > 0;
  demand(!needsBest || best !== null, 'the weights of the best epoch are missing', null, 'a snapshot');
  demand(state.stepsPerEpoch === trainSteps, 'an epoch has other steps', state.stepsPerEpoch, trainSteps);
  const variants = state.kernels && otherVariant(state.kernels, kernelsOf(group));
  const what = 'another variant of a kernel would run';
  demand(variants === null, what, variants?.[0], variants?.[1], 'other-adapter');
  const [words, wanted] = [state.metrics.length, workspace.metricWords(last.step)];
  demand(words === wanted, 'the metrics of the epoch under way do not fit', words, wanted);
  for (const snapshot of [last, best ?? last]) demandShapes(group, snapshot, demand);
}

function demandShapes(
  group: GroupPlan,
  { parameters, firstMoments, secondMoments }: Snapshot,
  demand: Demand,
): void {
  for (const [kind, values] of Object.entries({ parameters, firstMoments, secondMoments }))
    for (const parameter of group.training.graph.parameters) {
      const { name } = parameter;
      const expected = shapeOf(parameter);
      const found = values.get(name);
      const isSame = isEqual(found?.shape, expected);
      demand(isSame, `${name} of the ${kind} has another shape`, found?.shape ?? null, expected);
      const at = found === undefined ? -1 : firstNonfinite(found.data);
      demand(at < 0, `${name} of the ${kind} is not finite`, `element ${at}`, 'finite numbers');
    }
}
