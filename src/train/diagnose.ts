/**
 * Finds the first tensor of a training that is not finite, after the fact.
 *
 * Training is deterministic, so the trial is put back to its last sound state and its steps are replayed,
 * alone: epochs up to the one in which it diverged as they were trained, that epoch step by step with a check
 * after each, and the first bad step once more, from the state before it, kernel by kernel with every op a
 * kernel of its own. It costs nothing unless something has diverged.
 */
import { EngineError } from '../base/errors.js';
import { readBuffer, type Gpu } from '../gpu/index.js';
import { kernelLabel, replay, type Program } from '../graph/index.js';
import { elements, padded } from '../kernels/index.js';
import type { Divergence } from './diverged-error.js';
import type { Finding } from './divergence.js';
import { firstNonfinite, tensorAt, type Place } from './finite-check.js';
import type { Samples } from './samples.js';
import { planTraining } from './plan-training.js';
import { tellDivergence, type FirstTensor } from './tell-divergence.js';
import type { Slices } from './trial-states.js';
import type { Snapshot, Trial } from './types.js';
import { Workspace } from './workspace.js';

export interface Evidence {
  readonly trial: Trial;
  readonly finding: Finding;
  /** The last state that was checked to be finite; null: none after the initial weights. */
  readonly from: Snapshot | null;
  /** Its slice of the parameters as they are now: what an evaluation overflowed with. */
  readonly parameters: Float32Array<ArrayBuffer>;
}

export interface DiagnosisContext {
  readonly gpu: Gpu;
  readonly samples: Samples;
  readonly evidence: Evidence;
  readonly fuse: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Work between two looks at the signal, in milliseconds. */
const chunkMs = 100;

/** @throws EngineError `interrupted`, or the first error of the GPU */
export async function diagnose(context: DiagnosisContext): Promise<Divergence> {
  const { part } = context.evidence.finding;
  const isEvaluation = part === 'validation' || part === 'test';
  return isEvaluation ? diagnoseEvaluation(context) : diagnoseTraining(context);
}

async function diagnoseEvaluation(context: DiagnosisContext): Promise<Divergence> {
  const { part, batch } = context.evidence.finding;
  return onWorkspace(context, false, async (workspace) => {
    const { group } = workspace;
    const { trainSteps, validationSteps } = group.sizes;
    const { parameters } = context.evidence;
    const zeros = new Float32Array(parameters.length);
    workspace.state.write('last', 0, [parameters, zeros, zeros]);
    const step = trainSteps + (part === 'test' ? validationSteps : 0) + batch!;
    await workspace.ready(step, 1);
    const tensor = await firstBadTensor(context.gpu, workspace.evaluation, step);
    return tellDivergence(context.evidence, group, { step: null, tensor, isSame: tensor !== null });
  });
}

async function diagnoseTraining(context: DiagnosisContext): Promise<Divergence> {
  const { evidence, gpu } = context;
  const { finding } = evidence;
  const { group, bad } = await onWorkspace(context, context.fuse, async (workspace) => ({
    group: workspace.group,
    bad: await findBadStep(context, workspace),
  }));
  const { parameters } = group.training.graph;
  const known = (places: readonly Place[]): FirstTensor | null =>
    places.length === 0 ? null : tensorAt(parameters, places[0]!);
  if (bad === null) {
    const step = finding.part === 'start' ? -1 : finding.batch;
    return tellDivergence(evidence, group, { step, tensor: known(finding.places), isSame: false });
  }
  const { step, places, before } = bad;
  if (before === null)
    return tellDivergence(evidence, group, { step: -1, tensor: known(places), isSame: true });
  const apart = await onWorkspace(context, false, async (workspace) => {
    workspace.writeEpoch(finding.epoch);
    workspace.state.write('last', 0, before);
    await workspace.ready(step, 1);
    return firstBadTensor(gpu, workspace.training, step);
  });
  return tellDivergence(evidence, group, { step, tensor: apart ?? known(places), isSame: true });
}

/** A step after which something is not finite. */
interface BadStep {
  readonly step: number;
  readonly places: readonly Place[];
  /** The state before it; null: that was not finite itself. */
  readonly before: Slices | null;
}

/** Replays the training from the last sound state. @returns null if all stays finite this time */
async function findBadStep(context: DiagnosisContext, workspace: Workspace): Promise<BadStep | null> {
  const { gpu, evidence } = context;
  const { finding, from, trial } = evidence;
  const { trainSteps } = workspace.group.sizes;
  const chunk = Math.max(1, Math.floor(chunkMs / (await workspace.warmUp())));
  if (from === null) workspace.state.writeInitial(0, trial.seed);
  else workspace.state.writeSnapshot('last', 0, from);

  let first = from?.step ?? 0;
  for (let epoch = (from?.epoch ?? 0) + 1; epoch < finding.epoch; epoch++) {
    workspace.writeEpoch(epoch);
    for (let step = first; step < trainSteps;) {
      requireNotStopped(context);
      const count = await workspace.ready(step, Math.min(chunk, trainSteps - step));
      replay(gpu, workspace.training, step, count, 1);
      await gpu.done();
      step += count;
    }
    first = 0;
  }
  workspace.writeEpoch(finding.epoch);
  const { nonfinite: atStart } = await workspace.readCheck();
  if (atStart[0]!.length > 0)
    return finding.part === 'start' ? { step: first, places: atStart[0]!, before: null } : null;
  if (finding.part === 'start') return null;
  for (let step = first; step < trainSteps; step++) {
    requireNotStopped(context);
    workspace.submit(`state before step ${step}`, (encoder) => {
      workspace.state.encodeKeep(encoder, [0]);
    });
    await workspace.ready(step, 1);
    replay(gpu, workspace.training, step, 1, 1);
    const { nonfinite, train } = await workspace.readCheck();
    const places = nonfinite[0]!;
    if (places.length > 0 || !Number.isFinite(train[0]![step]!.loss))
      return { step, places, before: await workspace.state.read(0, 'kept') };
  }
  return null;
}

/** Runs one step kernel by kernel, and looks at all that each one wrote. */
async function firstBadTensor(gpu: Gpu, program: Program, step: number): Promise<FirstTensor | null> {
  for (const [index, dispatch] of program.plan.dispatches.entries()) {
    const { op } = dispatch;
    const encoder = gpu.device.createCommandEncoder({ label: `diagnosis of ${op.name}` });
    program.encodeDispatch(encoder, index, step, 1);
    gpu.device.queue.submit([encoder.finish()]);
    // An update makes both moments before it makes the parameter, which its op names first.
    for (const tensor of [...Object.values(op.writes), ...Object.values(op.updates)].reverse()) {
      const offset = 4 * (tensor.view?.offset ?? 0);
      const data = await readBuffer(gpu, program.bufferOf(tensor), offset, 4 * elements(tensor));
      const values = new Float32Array(data);
      const at = firstNonfinite(values);
      if (at < 0) continue;
      const stride = padded(tensor.columns);
      const element = [Math.floor(at / stride), at % stride] as const;
      return { tensor: tensor.name, element, value: values[at]!, kernel: kernelLabel(dispatch) };
    }
  }
  return null;
}

/** The trial alone, on buffers of its own. */
async function onWorkspace<T>(
  { gpu, samples, evidence }: DiagnosisContext,
  fuse: boolean,
  body: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const { groups } = planTraining(gpu.traits, samples.dataset, [evidence.trial], { fuse });
  const workspace = await Workspace.create(gpu, samples, groups[0]!);
  try {
    workspace.writeTrials([0]);
    return await body(workspace);
  } finally {
    workspace.release();
  }
}

function requireNotStopped({ signal }: DiagnosisContext): void {
  if (signal?.aborted === true)
    throw new EngineError('interrupted', 'stopped while a divergence was being diagnosed');
}
