/** Training steps with known results: a small network on the adapter, held to the host's account. */
import type { Gpu } from '../gpu/index.js';
import { replay } from '../graph/index.js';
import { exact } from './ball.js';
import { compare, startTally, type Fault, type Tally, type Tamper } from './comparison.js';
import {
  arenaNames,
  expectedStep,
  knownNetwork,
  knownTrials,
  startState,
  steps,
  widestForm,
  type Arenas,
} from './known-network.js';
import { checkStep, readStates, withKnownProgram, writeStates, type KnownProgram } from './known-program.js';

export type { Fault, Tamper } from './comparison.js';

export interface KnownAnswer {
  readonly steps: number;
  readonly kernels: readonly string[];
  readonly compared: number;
  /** The largest error as a share of its bound: 1 is just within. Null: infinite, which JSON cannot say. */
  readonly worstShare: number | null;
  /** In the order in which they were computed: the first one is where it starts. */
  readonly faults: readonly Fault[];
}

/**
 * Runs a step with a kernel per op, then all steps as training runs them (fused), comparing what each
 * dispatch writes; then all of them again in one submit, which must give the same bits.
 * @throws the first error of the GPU
 */
export async function runKnownAnswer(gpu: Gpu, tamper?: Tamper): Promise<KnownAnswer> {
  const tally = startTally('kernel by kernel', tamper);
  const network = knownNetwork(widestForm);
  const setup = { network, graph: network.training, traits: gpu.traits, steps };
  const first = knownTrials.map((trial) => startState(network, trial));
  await withKnownProgram(gpu, { ...setup, fuse: false }, (known) => runStep(known, 0, first, tally));
  tally.run = 'fused';
  await withKnownProgram(gpu, { ...setup, fuse: true }, (known) => runSteps(known, first, tally));
  const { kernels, compared, worstShare, faults } = tally;
  const share = Number.isFinite(worstShare) ? worstShare : null;
  return { steps: steps.length, kernels: [...kernels], compared, worstShare: share, faults };
}

/** @returns each trial's state after it */
async function runStep(
  known: KnownProgram,
  step: number,
  states: readonly Arenas[],
  tally: Tally,
): Promise<Arenas[]> {
  if (step === 0) writeStates(known, states);
  const wanted = knownTrials.map((trial) =>
    expectedStep(known.network, trial, states[trial.index]!, steps[step]!),
  );
  await checkStep(known, step, wanted, tally);
  return readStates(known);
}

async function runSteps(known: KnownProgram, first: readonly Arenas[], tally: Tally): Promise<void> {
  let states = first;
  for (const step of steps.keys()) {
    states = await runStep(known, step, states, tally);
    if (tally.faults.length > 0) return;
  }
  writeStates(known, first);
  replay(known.session.gpu, known.program, 0, steps.length, knownTrials.length);
  for (const [trial, again] of (await readStates(known)).entries())
    for (const name of arenaNames) {
      const balls = Array.from(states[trial]!.get(name)!, exact);
      const origin = { kernel: 'replay', tensor: `${name} after ${steps.length} steps in one submit`, trial };
      compare(origin, [...again.get(name)!], { rows: 1, columns: balls.length, balls }, tally);
    }
}
