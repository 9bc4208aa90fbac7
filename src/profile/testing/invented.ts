/** A profile without a device: the plan is real, the times are invented, and easy to add up. */
import { trainingGraph } from '../../model/index.js';
import { planStep } from '../../graph/index.js';
import type { Ceilings } from '../ceilings.js';
import type { GroupProfile, Pace, TrainingProfile } from '../measurement.js';
import {
  addSteps,
  noStepTimes,
  type HostSlice,
  type RecordedPass,
  type StepSample,
  type TimedPass,
} from '../times.js';
import type { Trial } from '../../train/types.js';
import { lavapipe } from '../../kernels/testing/traits.js';
import { trial } from '../../train/testing/trials.js';

export const ceilings: Ceilings = { flopsPerSecond: 50e9, bytesPerSecond: 10e9 };

export const pace: Pace = {
  steps: 10,
  submits: 2,
  wallMs: 40,
  encodeMs: 1,
  submitMs: 0.5,
  busyMs: 30,
  gaps: { count: 1, totalNs: 2_000_000, longestNs: 2_000_000 },
};

/** A pass of one dispatch or of whole steps. */
function pass(
  dispatch: number | null,
  step: number,
  submit: number,
  times: [number, number] | null,
): RecordedPass {
  const span = times && { start: times[0], end: times[1] };
  return { dispatch, step, steps: 1, active: 1 + step, submit, span };
}

/** Of two submits; a step of each was timed dispatch by dispatch. */
export const passes: readonly RecordedPass[] = [
  pass(null, 0, 0, [0, 100]),
  pass(0, 1, 0, [110, 130]),
  pass(1, 1, 0, null),
  pass(null, 2, 0, [150, 200]),
  pass(0, 3, 1, [260, 270]),
  pass(1, 3, 1, [280, 300]),
];

/** The training step of a tiny network for as many trials, unfused. */
export function tinyPlan(trials: number) {
  const mlp = { inputs: 6, hidden: [5], classes: 3, dropout: false };
  const graph = trainingGraph(mlp, { samples: 20, indices: 12, batch: 4, slots: 3 });
  return planStep(graph, lavapipe, { trials, fuse: false });
}

/** Two steps in which dispatch k takes k + 1 microseconds, with 100 ns between dispatches. */
export function samples(dispatches: number, active: number): StepSample[] {
  let now = 1000;
  return [0, 1].map(() => ({
    active,
    dispatches: Array.from({ length: dispatches }, (_, k) => {
      const start = now;
      const end = start + 1000 * (k + 1);
      now = end + 100;
      return { start, end };
    }),
  }));
}

export function inventedGroup(trials: readonly Trial[] = [trial()]): TrainingProfile['groups'][number] {
  const plan = tinyPlan(trials.length);
  const timed = samples(plan.dispatches.length, trials.length);
  const passes = timed.flatMap(({ dispatches, active }, step) =>
    dispatches.map((span, dispatch): TimedPass => {
      return { ...span!, dispatch, step, steps: 1, active, submit: 0 };
    }),
  );
  const last = passes.at(-1)!.end;
  const whole = {
    start: last + 100,
    end: last + 5100,
    dispatch: null,
    step: 2,
    steps: 3,
    active: 1,
    submit: 1,
  };
  const slice = (
    what: HostSlice['what'],
    startMs: number,
    endMs: number,
    submit: number | null,
  ): HostSlice => ({
    what,
    startMs,
    endMs,
    submit,
  });
  return {
    trials,
    batch: 4,
    plan,
    clock: 'timestamps',
    times: addSteps(noStepTimes(plan.dispatches.length), timed),
    pace,
    watchedPace: { ...pace, wallMs: 50 },
    evaluation: null,
    buffers: [
      ...plan.buffers.map(({ name, bytes }) => ({ label: name, bytes })),
      { label: 'layer0 params', bytes: 32 },
      { label: 'layer1 params', bytes: 16 },
      { label: 'transient 0', bytes: 4 },
    ],
    timeline: {
      phases: [
        { name: 'every dispatch timed', startMs: 500, endMs: 501 },
        { name: 'unwatched', startMs: 501, endMs: 502 },
      ],
      passes: [...passes, whole],
      host: [
        slice('encode', 500, 500.5, 0),
        slice('submit', 500.5, 500.6, 0),
        slice('sleep', 500.6, 501, null),
        slice('encode', 501, 501.1, 1),
        slice('submit', 501.1, 501.2, 1),
        slice('map', 501.2, 502, null),
      ],
      complete: true,
    },
  };
}

/** Of a real training: nothing was watched, and there are evaluations. */
export function inventedSampled(trials?: readonly Trial[]): GroupProfile {
  return {
    ...inventedGroup(trials),
    watchedPace: null,
    evaluation: { count: 2, busyMs: 4, pauses: { count: 1, totalNs: 500_000, longestNs: 500_000 } },
  };
}

export function inventedProfile(trials?: readonly Trial[]): TrainingProfile {
  return {
    groups: [inventedGroup(trials)],
    ceilings,
    // The adapter's clock began 500.55 ms after the host's, and runs a little fast.
    clockPoints: [
      { ns: 0, offsetMs: 500.55, uncertaintyMs: 0.02 },
      { ns: 1e9, offsetMs: 500.54, uncertaintyMs: 0.03 },
    ],
  };
}
