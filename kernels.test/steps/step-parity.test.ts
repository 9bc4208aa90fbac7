/** The engine against PyTorch, from the states that the fixtures record (kernels.test/fixtures). */
import { describe, expect, it } from 'vitest';
import { planStep } from '../../src/graph/index.js';
import { productVariants } from '../../src/kernels/index.js';
import { expectWithin } from '../compare.js';
import {
  type Expected,
  expectedPass,
  type ExpectedPass,
  expectedUpdate,
  expectedUpdateByRecorded,
} from '../fixtures/expected.js';
import { fixtureNames, loadFixture, select } from '../fixtures/load.js';
import type { Fixture, FixtureStep, Recorded, State } from '../fixtures/types.js';
import { runKernel } from '../gpu-harness.js';
import {
  type Form,
  formsOn,
  parityGraph,
  prepareParity,
  readLosses,
  readResult,
  type StepResult,
} from './parity-step.js';
import { noteShares } from '../kernels/shares.js';
import { spans, traitsFor, useGpu, vector } from '../kernels/support.js';

const kinds = ['p', 'm', 'v'] as const;
const gpu = useGpu();
/** Each variant in every product that can take it. */
const forced = productVariants.map((variant) => ({ title: `variant ${variant}`, variant }));
type Note = (what: string, share: number) => void;

describe.each(fixtureNames)('from the states of PyTorch fixture %s', (name) => {
  const fixture = loadFixture(name);
  const note = noteShares(`step parity, ${name}`);
  const stepNumbers = Array.from(fixture.runs[0]!.steps.keys());

  it.for([{ title: 'the chosen variants', variant: null }, ...forced])(
    'runs with $title',
    // A software adapter compiles when a pipeline is first run, for seconds each, unless it finds them in its
    // cache on disk.
    { timeout: 600_000 },
    async ({ variant }, context) => {
      if (variant !== null) traitsFor(gpu(), variant, context);
      const graph = parityGraph(fixture, 1, 1);
      const step = fixture.runs[0]!.steps[0]!;
      for (const form of formsOn(gpu()).filter((each) => each.variant === variant)) {
        const { dispatches } = planStep(graph, form.traits, { trials: 1, fuse: form.fuse });
        const used = dispatches.map(({ configuration }) => configuration.variant);
        if (variant !== null) expect(used).toContain(variant);
        const device = await prepareParity(gpu(), fixture, graph, form, [[step]], [step.before()]);
        device.run(0, 1);
        expect(Number.isFinite((await readLosses(device, fixture.rows, 0))[0])).toBe(true);
        device.release();
      }
    },
  );

  it.each(stepNumbers)('step %i has loss, gradients and state within bounds', async (index) => {
    const steps = fixture.runs.map((run) => run.steps[index]!);
    const before = perRun(fixture, steps, (step) => step.before());
    // Worst cases composed through the large network are too wide to be a test of its gradients
    // (bounds/network.ts).
    const rounding = fixture.sharedStates ? 'probable' : 'certain';
    const passes = perRun(fixture, steps, (step, run) => expectedPass(fixture, step, before[run]!, rounding));
    const states = steps.map((step, run) =>
      fixture.parameters.map((_, i) => expectedUpdate(step, before[run]!, i, passes[run]!.gradients[i]!)),
    );
    const graph = parityGraph(fixture, steps.length, 1);
    for (const form of formsFor(fixture, formsOn(gpu()), index)) {
      const batches = steps.map((step) => [step]);
      const device = await prepareParity(gpu(), fixture, graph, form, batches, before);
      device.run(0, 1);
      for (const [run, step] of steps.entries()) {
        const what = `${form.name}, ${fixture.runs[run]!.name}`;
        const result = await readResult(device, graph, fixture.rows, run);
        comparePass(fixture, step, passes[run]!, result, what, note);
        for (const [i, parameter] of fixture.parameters.entries()) {
          for (const kind of kinds) {
            const [actual, recorded] = [result.after[kind][i]!, step.after[kind][i]!];
            note(
              kind,
              compare(actual, states[run]![i]![kind], recorded, `${what}: ${kind} of ${parameter.name}`),
            );
          }
        }
      }
      device.release();
    }
  });

  it.each(stepNumbers)('step %i has the update by the recorded gradients within bounds', async (index) => {
    const steps = fixture.runs.map((run) => run.steps[index]!);
    const before = perRun(fixture, steps, (step) => step.before());
    const gradients = steps.map((step) => concatenate(step.gradients.map(({ values }) => values)));
    const states = (kind: keyof State): Float32Array[] =>
      steps.map((step, run) =>
        concatenate(step.gradients.map((recorded, i) => select(recorded, before[run]![kind][i]!))),
      );
    const length = gradients[0]!.length;
    for (const { software } of spans) {
      const result = await runKernel(gpu(), {
        kernel: 'adamw',
        tensors: {
          g: vector('reads', length, gradients),
          w: vector('updates', length, states('p')),
          m: vector('updates', length, states('m')),
          v: vector('updates', length, states('v')),
        },
        trials: steps.length,
        slots: steps.map(({ settings: { learningRate, weightDecay, decay } }) => ({
          learningRate,
          weightDecay,
          decay,
        })),
        step: { number: index, rows: fixture.rows },
        traits: { ...gpu().traits, software },
      });
      for (const [run, step] of steps.entries()) {
        const found = { p: result.f32('w', run), m: result.f32('m', run), v: result.f32('v', run) };
        let start = 0;
        for (const [i, parameter] of fixture.parameters.entries()) {
          const expected = expectedUpdateByRecorded(step, before[run]!, i);
          const end = start + step.gradients[i]!.values.length;
          for (const kind of kinds) {
            const { values } = step.after[kind][i]!;
            const what = `${kind} of ${parameter.name}, ${fixture.runs[run]!.name}`;
            const actual = found[kind].subarray(start, end);
            const share = compare(actual, expected[kind], { values, indices: null, sums: null }, what);
            note(`${kind} by recorded gradients`, share);
          }
          start = end;
        }
      }
    }
  });

  it('has the losses of a free run of ten steps at rate 1e-3 within 1e-5, in every form', async () => {
    const runs = fixture.runs.filter(({ trajectory }) => trajectory !== null);
    const batches = runs.map(({ steps }) => steps);
    const before = runs.map(({ steps }) => steps[0]!.before());
    const graph = parityGraph(fixture, runs.length, stepNumbers.length);
    for (const form of formsOn(gpu())) {
      const device = await prepareParity(gpu(), fixture, graph, form, batches, before);
      device.run(0, stepNumbers.length);
      for (const [trial, run] of runs.entries()) {
        const losses = (await readLosses(device, fixture.rows, trial)).subarray(0, stepNumbers.length);
        const bound = new Float64Array(losses.length).fill(1e-5);
        const what = `${form.name}: losses of ${run.name}`;
        note('free run', expectWithin(losses, run.trajectory!, bound, what));
      }
      device.release();
    }
  });
});

/**
 * Every form at every step; of the large network the chosen ones, and each of the others at one of its steps.
 */
function formsFor(fixture: Fixture, forms: readonly Form[], index: number): readonly Form[] {
  if (!fixture.sharedStates) return forms;
  const perStep = Math.ceil((forms.length - 2) / fixture.runs[0]!.steps.length);
  return [...forms.slice(0, 2), ...forms.slice(2).slice(perStep * index, perStep * (index + 1))];
}

/** One value per run; where runs share their states, the same for all. */
function perRun<T>(
  fixture: Fixture,
  steps: readonly FixtureStep[],
  make: (step: FixtureStep, run: number) => T,
): T[] {
  if (!fixture.sharedStates) return steps.map(make);
  const shared = make(steps[0]!, 0);
  return steps.map(() => shared);
}

function comparePass(
  fixture: Fixture,
  step: FixtureStep,
  pass: ExpectedPass,
  { loss, gradients }: StepResult,
  what: string,
  note: Note,
): void {
  const recordedLoss = { values: Float32Array.of(step.loss), indices: null, sums: null };
  note('loss', compare(Float64Array.of(loss), pass.loss, recordedLoss, `${what}: loss`));
  gradients?.forEach((gradient, i) => {
    const title = `${what}: gradient of ${fixture.parameters[i]!.name}`;
    note('gradients', compare(gradient, pass.gradients[i]!, step.gradients[i]!, title));
  });
}

/**
 * Throws unless every element lies within its bound of the f64 reference, and within twice the bound of what
 * PyTorch recorded, which lies within the same bound of the reference on its own.
 * @returns the largest error against the reference as a share of its bound
 */
function compare(
  actual: Float32Array | Float64Array,
  expected: Expected,
  recorded: Recorded,
  what: string,
): number {
  const share = expectWithin(actual, expected.values, expected.bound, what);
  const doubled = select(recorded, expected.bound).map((bound) => 2 * bound);
  expectWithin(select(recorded, actual), recorded.values, doubled, `${what}, against PyTorch`);
  return share;
}

/** f32 values one behind the other; they stay what they are. */
function concatenate(parts: readonly (Float32Array | Float64Array)[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
