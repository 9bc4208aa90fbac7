import { afterAll, describe, expect, it } from 'vitest';
import type { Rounding } from './bounds.js';
import { expectWithin } from './compare.js';
import {
  batchOf,
  expectedPass,
  type ExpectedPass,
  expectedUpdate,
  expectedUpdateByRecorded,
  expectRecorded,
  layersOf,
} from './fixtures/expected.js';
import { generatedState } from './fixtures/generated-state.js';
import { fixtureNames, loadFixture } from './fixtures/load.js';
import type { Fixture, FixtureRun, FixtureStep } from './fixtures/types.js';
import { adamw, type AdamState } from './reference/adamw.js';
import { networkPass } from './reference/network.js';

const moments = ['p', 'm', 'v'] as const;

/**
 * Worst cases composed through the large network are too wide to be a test of its gradients
 * (bounds/network.ts).
 */
const roundings: Record<Fixture['metadata'][string], readonly Rounding[]> = {
  '12-8-6': ['certain', 'probable'],
  '13-7-5-3': ['certain', 'probable'],
  '784-256-128-10': ['probable'],
};

describe.each(fixtureNames)('PyTorch fixture %s', (name) => {
  const fixture = loadFixture(name);
  /** The largest error as a share of its bound, by what was compared. */
  const shares = new Map<string, number>();
  const note = (what: string, share: number): void => {
    shares.set(what, Math.max(shares.get(what) ?? 0, share));
  };

  afterAll(() => {
    const table = [...shares].map(([what, share]) => `${what} ${share.toPrecision(2)}`).join(', ');
    console.log(`${name}: PyTorch's largest errors as a share of their bounds: ${table}`);
  });

  it('holds ten steps of each optimiser at both learning rates', () => {
    expect(fixture.widths.join('-')).toBe(name);
    expect(fixture.runs.map((run) => run.name)).toEqual([
      'decoupled-lr0.001',
      'decoupled-lr10',
      'l2-lr0.001',
      'l2-lr10',
    ]);
    for (const run of fixture.runs) {
      expect(run.steps).toHaveLength(10);
      expect(run.trajectory?.length).toBe(run.steps[0]!.settings.learningRate < 1 ? 10 : undefined);
    }
    expect(fixture.metadata.threads).toBe('1');
  });

  it.each(roundings[name]!)(
    'has losses, gradients and states after each step within %s bounds',
    (rounding) => {
      for (const steps of alike(fixture)) {
        const before = steps[0]!.before();
        const pass = expectedPass(fixture, steps[0]!, before, rounding);
        note(`loss and gradients (${rounding})`, comparePass(fixture, steps[0]!, pass));
        steps.forEach((step) => {
          fixture.parameters.forEach((parameter, i) => {
            const after = expectedUpdate(step, before, i, pass.gradients[i]!);
            for (const kind of moments) {
              const what = `${parameter.name} ${kind} after step ${step.settings.step}`;
              note(`${kind} (${rounding})`, expectRecorded(step.after[kind][i]!, after[kind], what));
            }
          });
        });
      }
    },
  );

  it('has updates within bounds of the f64 update by the same gradients', () => {
    for (const steps of alike(fixture)) {
      const before = steps[0]!.before();
      for (const step of steps) {
        fixture.parameters.forEach((_, i) => {
          note('update', compareUpdate(step, before, i));
        });
      }
    }
  });

  it.each(['decoupled-lr0.001', 'l2-lr0.001'])('has the losses of a free run, %s, within 1e-5', (runName) => {
    const run = fixture.runs.find((candidate) => candidate.name === runName)!;
    const losses = freeRun(fixture, run);
    const bound = new Float64Array(losses.length).fill(1e-5);
    note('trajectory', expectWithin(run.trajectory!, losses, bound, `losses of ${runName}`));
  });

  it('is refused where a gradient, an update or a sum is off', () => {
    const run = fixture.runs[0]!;
    const step = run.steps[2]!;
    const before = step.before();
    const pass = expectedPass(fixture, step, before, 'probable');
    fixture.parameters.forEach((parameter, i) => {
      const recorded = step.gradients[i]!;
      const off = { ...recorded, values: recorded.values.map((value) => value * 1.001) };
      expect(() => expectRecorded(off, pass.gradients[i]!, parameter.name)).toThrow(/times the bound/);
    });
    const otherDecay = { ...step.settings, decay: 'l2' as const };
    const otherRate = { ...step.settings, learningRate: 1.001 * step.settings.learningRate };
    const otherStep = { ...step.settings, step: step.settings.step + 1 };
    for (const settings of [otherDecay, otherRate, otherStep]) {
      expect(() => compareUpdate({ ...step, settings }, before, 0)).toThrow(/times the bound/);
    }
    const large = step.gradients.find((gradient) => gradient.sums !== null);
    if (large === undefined) return;
    const [sum, ...others] = large.sums!;
    const off = { ...large, sums: [sum + 0.01 * others[0], ...others] as const };
    expect(() => expectRecorded(off, pass.gradients[0]!, 'w')).toThrow(/sums of x, \|x\|, x²: element 0/);
  });
});

describe('a generated state', () => {
  it('is refused where it is not the one that PyTorch was given', () => {
    const parameters = [{ name: 'layer1.weights', shape: [2, 3] }];
    const formula = { valueExponents: [-1], deadInputs: [], salts: [0], sha256: ['00'] };
    expect(() => generatedState(parameters, 1, formula)).toThrow(/PyTorch was given 00/);
  });
});

/** The steps of all runs, grouped by those that share the state before them. */
function alike(fixture: Fixture): FixtureStep[][] {
  if (!fixture.sharedStates) return fixture.runs.flatMap((run) => run.steps.map((step) => [step]));
  return fixture.runs[0]!.steps.map((_, i) => fixture.runs.map((run) => run.steps[i]!));
}

function comparePass(fixture: Fixture, step: FixtureStep, pass: ExpectedPass): number {
  const at = `step ${step.settings.step}`;
  const shares = fixture.parameters.map((parameter, i) =>
    expectRecorded(step.gradients[i]!, pass.gradients[i]!, `gradient of ${parameter.name} at ${at}`),
  );
  return Math.max(...shares, expectWithin([step.loss], pass.loss.values, pass.loss.bound, `loss at ${at}`));
}

function compareUpdate(
  step: FixtureStep,
  before: ReturnType<FixtureStep['before']>,
  parameter: number,
): number {
  const update = expectedUpdateByRecorded(step, before, parameter);
  const shares = moments.map((kind) => {
    const { values, bound } = update[kind];
    const what = `${kind} of parameter ${parameter} after step ${step.settings.step}`;
    return expectWithin(step.after[kind][parameter]!.values, values, bound, what);
  });
  return Math.max(...shares);
}

/** The losses of ten steps in f64, each from the state after the one before. */
function freeRun(fixture: Fixture, run: FixtureRun): Float64Array {
  const start = run.steps[0]!.before();
  let state = start.p.map((p, i): AdamState => ({
    p: Float64Array.from(p),
    m: Float64Array.from(start.m[i]!),
    v: Float64Array.from(start.v[i]!),
  }));
  return Float64Array.from(run.steps, (step) => {
    const layers = layersOf(
      fixture.widths,
      state.map(({ p }) => p),
    );
    const pass = networkPass(
      layers,
      { x: batchOf(fixture, step), labels: step.labels, rows: fixture.rows },
      { smoothing: fixture.labelSmoothing },
    );
    const gradients = pass.gradients.flatMap(({ weights, bias }) => [weights, bias]);
    state = state.map(({ p, m, v }, i) => adamw(p, gradients[i]!, m, v, step.settings));
    return pass.loss;
  });
}
