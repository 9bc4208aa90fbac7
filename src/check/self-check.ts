/**
 * The check before a training: every kernel that it will use, in every variant, computes something known on
 * this adapter.
 *
 * A known network of the training's own form is planned with the training's own variants, so that what is
 * checked are the very pipelines that it runs, and none is compiled for the check alone.
 */
import { assert, EngineError } from '../base/errors.js';
import type { AdapterTraits, Gpu, TuningEntry } from '../gpu/index.js';
import { kernelLabel, type Plan, type PlannedDispatch } from '../graph/index.js';
import { kernelSource, productTile } from '../kernels/index.js';
import { platform } from '../platform/index.js';
import { programsOf, type GroupPlan, type PlannedTraining } from '../train/plan-training.js';
import { startTally, type Fault, type Tally, type Tamper } from './comparison.js';
import {
  expectedEvaluation,
  expectedFlags,
  expectedStep,
  knownNetwork,
  knownTrials,
  lateStep,
  startState,
  type Account,
  type Arenas,
  type KnownForm,
  type KnownNetwork,
} from './known-network.js';
import { checkStep, planKnown, withKnownProgram, writeStates } from './known-program.js';

/** A kernel as the adapter runs it. */
export interface CheckedKernel {
  /** With its variant: `dense_forward.tile`. */
  readonly kernel: string;
  /** Of its text with the includes in place, and its constants. */
  readonly sha256: string;
}

export interface SelfCheck {
  readonly kernels: readonly CheckedKernel[];
  /** Whether anything ran: false if all were known. */
  readonly ran: boolean;
  readonly compared: number;
  /** The largest error as a share of its bound. */
  readonly worstShare: number;
}

export interface SelfCheckOptions {
  /** Says what has been checked before; nothing runs if that is all. By default nothing has. */
  readonly isKnown?: (kernel: CheckedKernel) => boolean;
  /** For tests of the check itself. */
  readonly tamper?: Tamper;
}

interface Checking {
  readonly gpu: Gpu;
  readonly fuse: boolean;
  readonly tally: Tally;
  /** Takes the identities of the kernels that were checked. */
  readonly checked: Set<string>;
}

/**
 * Checks the kernels that a training will use: its steps, evaluations and checks of parameters.
 * @throws EngineError `wrong-result` naming the kernel, what it gave and what it must give; or the first
 *   error of the GPU
 */
export async function selfCheck(
  gpu: Gpu,
  { groups, fuse }: PlannedTraining,
  { isKnown = () => false, tamper }: SelfCheckOptions = {},
): Promise<SelfCheck> {
  const needed = new Map<string, CheckedKernel>();
  for (const { plan } of groups.flatMap(programsOf))
    for (const dispatch of plan.dispatches) needed.set(identity(dispatch), describe(dispatch));
  const kernels = [...needed.values()];
  if (kernels.every(isKnown)) return { kernels, ran: false, compared: 0, worstShare: 0 };

  const tally = startTally('fused', tamper);
  const checking: Checking = { gpu, fuse, tally, checked: new Set() };
  for (const members of byForm(groups).values()) await checkForm(checking, members);
  const missed = [...needed].find(([key]) => !checking.checked.has(key));
  assert(missed === undefined, `no known network runs the kernel ${missed?.[1].kernel}`);
  return { kernels, ran: true, compared: tally.compared, worstShare: tally.worstShare };
}

/** What tells two pipelines apart. */
function identity(dispatch: PlannedDispatch): string {
  return `${kernelLabel(dispatch)} ${settings(dispatch)}`;
}

/** The override constants: whether ReLU and dropout are part of a kernel, and how it is cut. */
function settings({ configuration }: PlannedDispatch): string {
  return JSON.stringify(Object.entries(configuration.constants).sort());
}

function describe(dispatch: PlannedDispatch): CheckedKernel {
  const { code } = kernelSource(dispatch.op.kernel, dispatch.configuration.variant);
  const sha256 = platform.sha256(JSON.stringify([code, settings(dispatch)]));
  return { kernel: kernelLabel(dispatch), sha256 };
}

function byForm(groups: readonly GroupPlan[]): Map<string, GroupPlan[]> {
  const forms = new Map<string, GroupPlan[]>();
  for (const group of groups) {
    const key = JSON.stringify(formOf(group));
    forms.set(key, [...(forms.get(key) ?? []), group]);
  }
  return forms;
}

function formOf({ mlp, update, training }: GroupPlan): KnownForm {
  const { hidden, dropout, labelSmoothing, classes, features } = mlp;
  const dropped = typeof dropout === 'boolean' ? (dropout ? [0] : []) : dropout;
  const [first, ...further] = hidden.map((_, layer) => dropped.includes(layer));
  const layers = first === undefined ? [] : [first, ...new Set(further.sort())];
  return {
    hidden: layers.length as KnownForm['hidden'],
    dropout: layers.flatMap((drops, layer) => (drops ? [layer] : [])),
    labelSmoothing: labelSmoothing === true,
    manyClasses: classes > productTile,
    features: features === true,
    together: training.plan.dispatches.some(({ op }) => op.kernel.startsWith('dense_backward_layers_')),
    ...update,
  };
}

/** One of a training's programs: what it is checked with. */
interface Part {
  readonly name: 'training' | 'evaluation' | 'check';
  readonly states: readonly Arenas[];
  readonly account: Account;
}

/** @param groups of one form */
async function checkForm(checking: Checking, groups: readonly GroupPlan[]): Promise<void> {
  const network = knownNetwork(formOf(groups[0]!));
  const states = knownTrials.map((trial) => startState(network, trial));
  const spoilt = states.map((state, index) => (index === 1 ? spoil(state) : state));
  const parts: readonly Part[] = [
    { name: 'training', states, account: expectedStep },
    { name: 'evaluation', states, account: expectedEvaluation },
    { name: 'check', states, account: expectedFlags },
    { name: 'check', states: spoilt, account: expectedFlags },
  ];
  for (const part of parts) await checkPart(checking, groups, network, part);
}

async function checkPart(
  { gpu, fuse, tally, checked }: Checking,
  groups: readonly GroupPlan[],
  network: KnownNetwork,
  { name, states, account }: Part,
): Promise<void> {
  tally.run = name !== 'training' ? name : fuse ? 'fused' : 'kernel by kernel';
  const wanted = knownTrials.map((trial) => account(network, trial, states[trial.index]!, lateStep));
  const graph = network[name];
  const plans = groups.map((group) => group[name].plan);
  const planned = (traits: AdapterTraits): Plan => planKnown(network, graph, traits, fuse);
  for (const traits of roundsOf(gpu.traits, planned, plans)) {
    await withKnownProgram(gpu, { network, graph, traits, fuse, steps: [lateStep] }, async (known) => {
      writeStates(known, states);
      await checkStep(known, 0, wanted, tally);
      for (const dispatch of known.program.plan.dispatches) checked.add(identity(dispatch));
    });
    const [fault] = tally.faults;
    if (fault !== undefined) throw wrongResult(gpu, fault);
  }
}

/**
 * Traits with which the known program runs the variants that the planned ones will: as many rounds as a
 * kernel has variants. Only the shape tells two products of one kernel apart, and in a known network each has
 * its own.
 */
function roundsOf(
  traits: AdapterTraits,
  planned: (traits: AdapterTraits) => Plan,
  plans: readonly Plan[],
): readonly AdapterTraits[] {
  const variants = new Map<string, Set<string>>();
  const keyOf = (dispatch: PlannedDispatch): string => `${dispatch.op.kernel} ${settings(dispatch)}`;
  for (const dispatch of plans.flatMap(({ dispatches }) => dispatches)) {
    const { variant } = dispatch.configuration;
    if (variant === null) continue;
    const key = keyOf(dispatch);
    variants.set(key, (variants.get(key) ?? new Set()).add(variant));
  }
  const { dispatches } = planned(traits);
  const count = Math.max(1, ...[...variants.values()].map(({ size }) => size));
  return Array.from({ length: count }, (_, round): AdapterTraits => {
    const tuning = dispatches.flatMap((dispatch): TuningEntry[] => {
      const chosen = [...(variants.get(keyOf(dispatch)) ?? [])];
      const { product } = dispatch.configuration;
      if (product === undefined || chosen.length === 0) return [];
      return [{ ...product, variant: chosen[Math.min(round, chosen.length - 1)]! }];
    });
    return { ...traits, tuning };
  });
}

/** With a NaN and, in the last element, an infinity in each arena, at another place in each. */
function spoil(state: Arenas): Arenas {
  const spoilt = [...state].map(([name, given], i) => {
    const values = given.slice();
    values[values.findLastIndex((value) => value !== 0)] = -Infinity;
    values[Math.floor(values.length / (3 + i))] = Number.NaN;
    return [name, values] as const;
  });
  return new Map(spoilt);
}

function wrongResult(
  gpu: Gpu,
  { run, kernel, tensor, trial, element, found, expected: wanted, bound }: Fault,
): EngineError {
  const { info, description } = gpu;
  const driver =
    info.description === '' || description.includes(info.description) ? '' : `, driver ${info.description}`;
  const where = `element [${element.join(', ')}] of ${tensor}, trial ${trial}, ${run}`;
  return new EngineError(
    'wrong-result',
    `this adapter computes wrongly: kernel ${kernel} on ${description}${driver}`,
    {
      found: `${found} for ${where}`,
      expected: `${wanted}${bound === 0 ? '' : `, at most ${bound.toPrecision(3)} off`}`,
      remedy: `do not train on this adapter: ${platform.advice.wrongResults}`,
    },
  );
}
