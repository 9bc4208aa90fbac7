/** Reads states of trials back from the GPU, when they are to be kept elsewhere. */
import { unpackParameter } from '../model/index.js';
import { kernelsOf } from './kernels-of.js';
import type { GroupPlan } from './plan-training.js';
import type { Snapshot, TrialState } from './state.js';
import type { Position, Run } from './trial-run.js';
import type { NamedParameters } from './types.js';
import type { From } from './state-buffers.js';
import type { Workspace } from './workspace.js';

/**
 * The states of those trials that have come further since they were handed out last. Waits for the GPU.
 * @param step steps that are done of the epoch under way, by trials that have not stopped
 */
export async function capture(
  workspace: Workspace,
  group: GroupPlan,
  runs: readonly Run[],
  step = 0,
): Promise<TrialState[]> {
  const states: TrialState[] = [];
  for (const run of runs) {
    if (run.diverged !== null) {
      states.push(...(await keptState(workspace, group, run)));
      continue;
    }
    const isOver = run.stopped !== null;
    const at = { epoch: run.history.length, step: isOver ? 0 : step, kept: run.keptEpoch, isOver };
    if (!isFurther(at, run.handedOut)) continue;
    const last = await snapshot(workspace, group, run.index, 'last', at);
    states.push({
      trial: run.trial,
      last,
      best: isBestWanted(at, run) ? await bestOf(workspace, group, run.index, at, last) : null,
      metrics: await workspace.readTrainingMetrics(run.index, at.step),
      history: [...run.history],
      epochSeconds: [...run.epochSeconds],
      seconds: run.seconds,
      stopped: run.stopped,
      stepsPerEpoch: group.sizes.trainSteps,
      kernels: kernelsOf(group),
    });
    run.handedOut = at;
  }
  return states;
}

/** Of a trial that has diverged, the kept epoch is the last sound state there is: as if it had come no further, and been stopped there. */
async function keptState(workspace: Workspace, group: GroupPlan, run: Run): Promise<TrialState[]> {
  const { keptEpoch, handedOut } = run;
  if (keptEpoch <= handedOut.epoch) return [];
  const last = await readKept(workspace, group, run);
  run.handedOut = { epoch: keptEpoch, step: 0, kept: keptEpoch, isOver: false };
  const epochSeconds = run.epochSeconds.slice(0, keptEpoch);
  return [
    {
      trial: run.trial,
      last,
      best: last,
      metrics: new Uint32Array(),
      history: run.history.slice(0, keptEpoch),
      epochSeconds,
      seconds: epochSeconds.at(-1)!,
      stopped: null,
      stepsPerEpoch: group.sizes.trainSteps,
      kernels: kernelsOf(group),
    },
  ];
}

/** The state after the kept epoch of a trial that has one. */
export function readKept(workspace: Workspace, group: GroupPlan, run: Run): Promise<Snapshot> {
  return snapshot(workspace, group, run.index, 'kept', { epoch: run.keptEpoch, step: 0 });
}

function isFurther(at: Position, before: Position): boolean {
  return at.epoch !== before.epoch || at.step !== before.step || at.isOver !== before.isOver;
}

/** Without early stopping the weights after every epoch are the result so far: those of the last one are enough. */
function isBestWanted({ kept, isOver }: Position, { trial, handedOut }: Run): boolean {
  return isOver || (trial.config.patience !== null && kept !== 0 && kept !== handedOut.kept);
}

async function bestOf(
  workspace: Workspace,
  group: GroupPlan,
  index: number,
  { epoch, step, kept }: Position,
  last: Snapshot,
): Promise<Snapshot> {
  if (kept === epoch && step === 0) return last;
  return snapshot(workspace, group, index, 'kept', { epoch: kept, step: 0 });
}

async function snapshot(
  workspace: Workspace,
  group: GroupPlan,
  index: number,
  from: From,
  { epoch, step }: { readonly epoch: number; readonly step: number },
): Promise<Snapshot> {
  const [parameters, firstMoments, secondMoments] = await workspace.state.read(index, from);
  const named = (slice: Float32Array): NamedParameters => nameParameters(group, slice);
  return {
    epoch,
    step,
    parameters: named(parameters),
    firstMoments: named(firstMoments),
    secondMoments: named(secondMoments),
  };
}

/** One trial's slice of an arena as parameters by name, without padding. */
export function nameParameters(group: GroupPlan, slice: Float32Array): NamedParameters {
  return new Map(
    group.training.graph.parameters.map((parameter) => {
      const { rows, columns, vector } = parameter.value;
      const shape = vector === true ? [columns] : [rows, columns];
      return [parameter.name, { shape, data: unpackParameter(parameter, slice) }];
    }),
  );
}
