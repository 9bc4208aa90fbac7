/** Reads states of trials back from the GPU, when they are to be kept elsewhere. */
import { EngineError } from '../base/errors.js';
import type { Parameter } from '../graph/index.js';
import { unpackParameter } from '../model/index.js';
import { kernelsOf } from './describe.js';
import type { GroupContext, WeightsOf } from './group-context.js';
import type { GroupPlan } from './plan-training.js';
import type { NamedParameters, Snapshot, Trial, TrialState, WeightsAt } from './types.js';
import type { Position, TrialRun } from './trial-run.js';
import type { Workspace } from './workspace.js';

/**
 * The states of those trials that have come further since they were handed out last. Waits for the GPU.
 * @param step steps that are done of the epoch under way, by trials that have not stopped
 */
export async function capture(
  workspace: Workspace,
  runs: readonly TrialRun[],
  step = 0,
): Promise<TrialState[]> {
  const states: TrialState[] = [];
  for (const run of runs) {
    const at = positionOf(run, step);
    if (!isFurther(at, run)) continue;
    const last = await snapshot(workspace, run, at);
    const isBest = at.epoch === at.kept && at.step === 0;
    const epochSeconds = run.epochSeconds.slice(0, at.epoch);
    states.push({
      trial: run.trial,
      last,
      best: !isBestWanted(at, run) ? null : isBest ? last : await readKept(workspace, run),
      metrics: await workspace.readTrainingMetrics(run.index, at.step),
      history: run.history.slice(0, at.epoch),
      epochSeconds,
      seconds: run.diverged === null ? run.seconds : epochSeconds.at(-1)!,
      stopped: run.stopped === 'pruned' ? null : run.stopped,
      stepsPerEpoch: workspace.group.sizes.trainSteps,
      kernels: kernelsOf(workspace.group),
    });
    run.handedOut = at;
  }
  return states;
}

/** Of a trial that has diverged, the kept epoch is the last sound state: as if it had come no further. */
function positionOf({ diverged, stopped, history, keptEpoch: kept }: TrialRun, step: number): Position {
  if (diverged !== null) return { epoch: kept, step: 0, kept, isOver: false };
  const isOver = stopped !== null && stopped !== 'pruned';
  return { epoch: history.length, step: isOver ? 0 : step, kept, isOver };
}

function isFurther(at: Position, { diverged, handedOut: before }: TrialRun): boolean {
  if (diverged !== null) return at.epoch > before.epoch;
  return at.epoch !== before.epoch || at.step !== before.step || at.isOver !== before.isOver;
}

/** Without early stopping every epoch's weights are the result so far: those of the last one are enough. */
function isBestWanted(
  { kept, isOver }: Position,
  { diverged, stopped, trial, handedOut }: TrialRun,
): boolean {
  if (isOver || stopped === 'pruned' || diverged !== null) return true;
  return trial.config.patience !== null && kept !== 0 && kept !== handedOut.kept;
}

/**
 * A trial's weights between two submits, read behind what was submitted so far.
 * @param step steps that were submitted of the epoch under way
 * @returns null: it is not of this group
 * @throws EngineError `diverged`; `no-data` where the weights of its last epoch are not known
 */
export function readWeights(
  { workspace, runs }: Pick<GroupContext, 'workspace' | 'runs'>,
  trial: Trial,
  at: WeightsOf,
  step: number,
): Promise<WeightsAt> | null {
  const run = runs.find((each) => each.trial === trial);
  return run === undefined ? null : weightsOf(workspace, run, at, run.stopped === null ? step : 0);
}

async function weightsOf(
  { group, state }: Workspace,
  { index, trial, history, diverged, keptEpoch, rememberedEpoch }: TrialRun,
  at: WeightsOf,
  step: number,
): Promise<WeightsAt> {
  if (diverged !== null) throw divergedIn(trial, diverged.epoch);
  const epoch = history.length;
  const isNow = at === 'step' || step === 0;
  if (!isNow && (epoch === 0 || ![keptEpoch, rememberedEpoch].includes(epoch)))
    throw new EngineError('no-data', `${nameOf(trial)}: the weights of its last epoch are not known`, {
      found: epoch === 0 ? 'its first epoch is not done' : `it resumed within epoch ${epoch + 1}`,
      expected: 'an epoch that was done since the training began',
      remedy: "ask for those of the last step ('step'), or once onEpoch was called",
    });
  const from = isNow ? 'last' : keptEpoch === epoch ? 'kept' : 'epoch';
  const parameters = nameParameters(group, await state.readParameters(index, from));
  return { epoch, step: isNow ? step : 0, parameters };
}

const nameOf = ({ variant, seed }: Trial): string => `${variant}, seed ${seed}`;

/** The answer to who asks for the weights of a trial that has diverged. */
export function divergedIn(trial: Trial, epoch: number): EngineError {
  return new EngineError(
    'diverged',
    `${nameOf(trial)} diverged in epoch ${epoch}: it has no finite weights`,
    {
      remedy: 'train it again with a smaller learning rate',
    },
  );
}

/** The state after the kept epoch of a trial that has one. */
export function readKept(workspace: Workspace, run: TrialRun): Promise<Snapshot> {
  return snapshot(workspace, run, { epoch: run.keptEpoch, step: 0 });
}

/** The kept state where that is asked for, else the last one. */
async function snapshot(
  { state, group }: Workspace,
  { index, keptEpoch }: TrialRun,
  { epoch, step }: Pick<Position, 'epoch' | 'step'>,
): Promise<Snapshot> {
  const isKept = epoch === keptEpoch && step === 0;
  const [parameters, firstMoments, secondMoments] = await state.read(index, isKept ? 'kept' : 'last');
  return {
    epoch,
    step,
    parameters: nameParameters(group, parameters),
    firstMoments: nameParameters(group, firstMoments),
    secondMoments: nameParameters(group, secondMoments),
  };
}

/** One trial's slice of an arena as parameters by name, without padding. */
export function nameParameters({ training }: GroupPlan, slice: Float32Array): NamedParameters {
  return new Map(
    training.graph.parameters.map((parameter) => {
      const data = unpackParameter(parameter, slice);
      return [parameter.name, { shape: shapeOf(parameter), data }];
    }),
  );
}

/** `[in, out]`, or `[out]` of a vector. */
export function shapeOf({ value: { rows, columns, vector } }: Parameter): number[] {
  return vector === true ? [columns] : [rows, columns];
}
