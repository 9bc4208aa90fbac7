/** Reads states of trials back from the GPU, when they are to be kept elsewhere. */
import type { Parameter } from '../graph/index.js';
import { unpackParameter } from '../model/index.js';
import { kernelsOf } from './describe.js';
import type { GroupPlan } from './plan-training.js';
import type { NamedParameters, Snapshot, TrialState } from './types.js';
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
