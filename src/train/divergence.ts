import { EngineError } from '../base/errors.js';
import { unpackParameter } from '../model/index.js';
import type { GroupPlan } from './setup.js';
import type { Trial } from './types.js';
import type { BatchMetrics, EpochReadback, Workspace } from './workspace.js';

/** A trial and its place in its group. */
interface Member {
  readonly index: number;
  readonly trial: Trial;
}

/** @throws EngineError `diverged` if a training loss, a parameter or a validation loss of an epoch is not finite */
export async function refuseDivergence(
  workspace: Workspace,
  group: GroupPlan,
  active: readonly Member[],
  readback: EpochReadback,
  epoch: number,
): Promise<void> {
  const { trainSteps, validationSteps } = group.sizes;
  for (const member of active) {
    const step = firstOverflow(readback.train[member.index]!.slice(0, trainSteps));
    if (step >= 0)
      throw await diverged(workspace, group, member, `epoch ${epoch}, step ${step + 1} of ${trainSteps}`);
    if (readback.nonfinite[member.index]!)
      throw await diverged(workspace, group, member, `end of epoch ${epoch}`);
    // Finite parameters can still be so large that their products overflow.
    if (firstOverflow(readback.evaluation[member.index]!.slice(0, validationSteps)) >= 0)
      throw await diverged(workspace, group, member, `validation of epoch ${epoch}`);
  }
}

/** The first batch whose loss is not finite, or -1. */
export function firstOverflow(metrics: readonly BatchMetrics[]): number {
  return metrics.findIndex(({ loss }) => !Number.isFinite(loss));
}

/** The error that names a diverged trial, and the first of its parameters that is not finite, if any. */
export async function diverged(
  workspace: Workspace,
  group: GroupPlan,
  { index, trial }: Member,
  where: string,
): Promise<EngineError> {
  const slice = await workspace.state.readParameters(index);
  const tensor = group.training.graph.parameters.find((parameter) =>
    unpackParameter(parameter, slice).some((value) => !Number.isFinite(value)),
  );
  return new EngineError('diverged', `training diverged: ${trial.variant}, seed ${trial.seed}, ${where}`, {
    found:
      tensor === undefined
        ? 'a loss that is not finite, from finite parameters'
        : `the first parameter that is not finite: ${tensor.name}`,
    expected: 'finite losses and parameters',
    remedy: `use a smaller learning rate than ${trial.config.learningRate}`,
  });
}
