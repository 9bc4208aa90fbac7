import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGpu, PassTimer, type Gpu } from '../gpu/index.js';
import { planTraining, type PlannedTraining, type PlanOptions, type Trial } from '../train/index.js';
import { train } from '../train/testing/train.js';
import { compareClocks, toHostMs } from './clock.js';
import {
  profileTraining,
  trainProfiled,
  type GroupProfile,
  type ProfileSink,
  type TrainingProfile,
} from './index.js';
import type { Recording } from './measurement.js';
import { trial, outcome } from '../train/testing/trials.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';

/** With every feature that the adapter has, and without timestamps. */
let gpu: Gpu;
let plain: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
  plain = await openGpu({ features: ['subgroups'] });
});
afterAll(() => {
  for (const each of [gpu, plain]) {
    each.check();
    expect(each.count()).toEqual({ buffers: 0, bytes: 0 });
  }
});

const dataset = tinyDataset();
const shape = { hidden: [12, 7], batchSize: 5, dropout: 0.2 };

const planned = ({ traits }: Gpu, trials: readonly Trial[], options: PlanOptions = {}): PlannedTraining =>
  planTraining(traits, dataset, trials, options);

/** What holds of every profile, however long anything took. */
function checkGroup(profile: TrainingProfile, steps: number): TrainingProfile['groups'][number] {
  expect(profile.groups).toHaveLength(1);
  const group = profile.groups[0]!;
  const { times, plan, pace, watchedPace, timeline } = group;
  const valid = times.dispatches.reduce((sum, { count }) => sum + count, 0);
  expect(times.steps).toBe(steps);
  expect(times.dispatches).toHaveLength(plan.dispatches.length);
  expect(valid + times.invalid).toBe(steps * plan.dispatches.length);
  for (const { count, totalNs, leastNs, trials } of times.dispatches) {
    expect(count).toBeLessThanOrEqual(steps);
    expect(trials).toBe(count * group.trials.length);
    expect(Number.isFinite(totalNs)).toBe(true);
    if (count > 0) expect(leastNs * count).toBeLessThanOrEqual(totalNs * (1 + 1e-12));
  }
  const sum = times.dispatches.reduce((all, { totalNs }) => all + totalNs, 0);
  expect(sum).toBeGreaterThan(0);
  expect(sum).toBeLessThanOrEqual(times.spanNs * (1 + 1e-12));
  for (const { steps: count, wallMs, encodeMs, submitMs } of [pace, watchedPace!]) {
    expect(count).toBeGreaterThanOrEqual(steps);
    expect(encodeMs + submitMs).toBeLessThan(wallMs);
  }
  const dispatches = timeline.passes.filter(({ dispatch }) => dispatch !== null);
  expect(dispatches).toHaveLength(valid);
  dispatches.slice(1).forEach((pass, i) => {
    expect(pass.start).toBeGreaterThanOrEqual(dispatches[i]!.end);
  });
  timeline.host.slice(1).forEach((slice, i) => {
    expect(slice.startMs).toBeGreaterThanOrEqual(timeline.host[i]!.endMs);
  });
  return group;
}

describe('profileTraining', () => {
  test.skipIf(process.env.WGSL_TRAIN_NO_TIMESTAMPS === '1')(
    'every op of the plan, once per step',
    async () => {
      const profile = await profileTraining(gpu, planned(gpu, [trial(shape)]), { steps: 30 });
      const group = checkGroup(profile, 30);
      if (!gpu.timestamps) return;
      expect(group.clock).toBe('timestamps');
      for (const { count } of group.times.dispatches) expect(count).toBe(30);
      expect(group.times.invalid).toBe(0);
      expect(group.pace.busyMs).toBeGreaterThan(0);
      expect(profile.clockPoints).toHaveLength(2);
      for (const { uncertaintyMs } of profile.clockPoints) expect(uncertaintyMs).toBeGreaterThan(0);
      expect(group.buffers.map(({ label }) => label)).toContain('parameters');
    },
  );

  test('trials side by side, unfused', async () => {
    const trials = [trial(shape, 0), trial({ ...shape, dropout: 0.5 }, 1), trial(shape, 2)];
    const profile = await profileTraining(gpu, planned(gpu, trials, { fuse: false }), { steps: 4 });
    expect(checkGroup(profile, 4).trials).toEqual(trials);
  });

  test('more dispatches than there are places for timestamps: read in between', async () => {
    const options = { steps: 300, passesBetweenReadings: 1 };
    const group = checkGroup(
      await profileTraining(gpu, planned(gpu, [trial(shape)], { fuse: false }), options),
      300,
    );
    const waits = group.timeline.host.filter(({ what }) => what === 'map').length;
    // One wait at the end of each of three stretches, and at least one more.
    if (gpu.timestamps) expect(waits).toBeGreaterThan(3);
  });

  test.each([
    ['a device without timestamps', () => plain, true],
    ['timestamps that are not wanted', () => gpu, false],
  ])("falls back to the host's clock: %s", async (_, device, timestamps) => {
    const options = { steps: 3, timestamps };
    const profile = await profileTraining(device(), planned(device(), [trial(shape)]), options);
    const group = checkGroup(profile, 3);
    expect(group.clock).toBe('wall');
    for (const { count, leastNs } of group.times.dispatches) {
      expect(count).toBe(3);
      expect(leastNs).toBeGreaterThan(0);
    }
    expect(group.pace).toMatchObject({ busyMs: null, gaps: null });
    expect(profile.clockPoints).toEqual([{ ns: 0, offsetMs: 0, uncertaintyMs: 0 }]);
  });

  test('groups of other shapes follow each other, in the order in which they would train', async () => {
    const trials = [trial(shape), trial({ ...shape, batchSize: 9 }), trial(shape, 1)];
    const told: number[] = [];
    const { groups } = await profileTraining(gpu, planned(gpu, trials), {
      steps: 2,
      onGroup: (members, index, count) => told.push(members.length, index, count),
    });
    expect(groups.map(({ batch }) => batch)).toEqual([5, 9]);
    expect(told).toEqual([2, 0, 2, 1, 1, 2]);
  });

  test('stops between two submits', async () => {
    const signal = AbortSignal.abort();
    const stopped = profileTraining(gpu, planned(gpu, [trial(shape)]), { steps: 5, signal });
    await expect(stopped).rejects.toMatchObject({ kind: 'interrupted' });
  });
});

describe('train with a profile', () => {
  const trials = [
    trial({ ...shape, epochs: 12, patience: 2, learningRate: 0.1 }, 0, 'stops'),
    trial({ ...shape, epochs: 12 }, 1, 'to the end'),
    trial({ ...shape, epochs: 12, batchSize: 40 }, 1, 'one step per epoch'),
  ];

  test.each([
    ['timestamps', () => gpu, true],
    ["the host's clock", () => plain, true],
    ['timestamps, unfused', () => gpu, false],
  ])('gives the same bits as without, by %s', async (_, device, fuse) => {
    const profiles: GroupProfile[] = [];
    const profile = { onGroup: (group: GroupProfile) => profiles.push(group) };
    const without = await train(device(), dataset, trials, { fuse });
    const withProfile = await trainProfiled(device(), planned(device(), trials, { fuse }), {}, profile);
    expect(withProfile.map(outcome)).toEqual(without.map(outcome));
    expect(profiles.map(({ trials: members }) => members.length)).toEqual([2, 1]);
    for (const { times, pace, plan, evaluation, clock, watchedPace } of profiles) {
      expect(watchedPace).toBeNull();
      expect(clock).toBe(device().timestamps ? 'timestamps' : 'wall');
      expect(times.steps).toBeGreaterThan(0);
      expect(times.steps).toBeLessThanOrEqual(pace.steps);
      expect(times.dispatches).toHaveLength(plan.dispatches.length);
      for (const { count } of times.dispatches) expect(count).toBeLessThanOrEqual(times.steps);
      if (!device().timestamps) continue;
      expect(evaluation!.count).toBe(12);
      expect(evaluation!.pauses.count).toBe(11);
      expect(pace.busyMs).toBeGreaterThan(0);
      expect(pace.gaps!.count).toBeGreaterThanOrEqual(12);
    }
    // 32 images in batches of 5 are 7 steps, and 32 in one batch are one.
    expect(profiles.map(({ pace }) => pace.steps)).toEqual([84, 12]);
  });

  test.each([
    ['timestamps', () => gpu],
    ["the host's clock", () => plain],
  ])('a timeline of everything, if it is wanted, by %s', async (_, device) => {
    const recordings: Recording[] = [];
    const groups: GroupProfile[] = [];
    const without = await train(device(), dataset, trials);
    const before = performance.now();
    const profile: ProfileSink = {
      onGroup: (group) => groups.push(group),
      onRecording: (recording) => recordings.push(recording),
    };
    const withTimeline = await trainProfiled(device(), planned(device(), trials), {}, profile);
    const after = performance.now();
    expect(withTimeline.map(outcome)).toEqual(without.map(outcome));
    const [{ groups: timed, clockPoints }] = recordings as [Recording];
    expect(recordings).toHaveLength(1);
    expect(timed.map((group) => group.trials)).toEqual(groups.map((group) => group.trials));
    for (const { timeline, plan, pace, times } of timed) {
      const { phases, host, passes, complete } = timeline;
      expect(complete).toBe(true);
      expect(phases.map(({ name }) => name)).toEqual(
        Array.from({ length: 12 }, (_, epoch) => `epoch ${epoch + 1}`),
      );
      expect(new Set(host.map(({ what }) => what))).toContain('map');
      for (const list of [phases, host]) {
        list.slice(1).forEach((slice, i) => {
          expect(slice.startMs).toBeGreaterThanOrEqual(list[i]!.endMs);
        });
        for (const { startMs, endMs } of list) {
          expect(startMs).toBeGreaterThanOrEqual(before);
          expect(endMs).toBeLessThanOrEqual(after);
        }
      }
      for (const { startMs, endMs } of host) {
        const within = phases.filter((phase) => phase.startMs <= startMs && endMs <= phase.endMs);
        expect(within).toHaveLength(1);
      }
      const single = passes.filter(({ dispatch }) => dispatch !== null);
      expect(single).toHaveLength(times.steps * plan.dispatches.length - times.invalid);
      if (!device().timestamps) continue;
      const told = passes.reduce((sum, { dispatch, steps }) => sum + (dispatch === null ? steps : 0), 0);
      expect(told + times.steps).toBe(pace.steps);
      expect(passes.filter(({ steps }) => steps === 0)).toHaveLength(12);
      const uncertainty = Math.max(...clockPoints.map(({ uncertaintyMs }) => uncertaintyMs));
      for (const { start, end } of passes) {
        expect(toHostMs(clockPoints, start)).toBeGreaterThanOrEqual(before - uncertainty);
        expect(toHostMs(clockPoints, end)).toBeLessThanOrEqual(after + uncertainty);
      }
    }
  });

  test('one step of twenty is timed at most', async () => {
    const profiles: GroupProfile[] = [];
    const profile: ProfileSink = { onGroup: (group) => profiles.push(group) };
    await trainProfiled(gpu, planned(gpu, [trial({ ...shape, epochs: 20 })]), {}, profile);
    const [{ times, pace }] = profiles as [GroupProfile];
    expect(times.steps).toBeLessThanOrEqual(1 + pace.steps / 20);
  });
});

test('the clocks are compared within the uncertainty that is claimed', async (context) => {
  // llvmpipe's timestamps are the system's monotonic clock, which hrtime reads, too.
  if (!gpu.timestamps || !gpu.description.includes('llvmpipe') || process.platform !== 'linux')
    return context.skip('the clock of this adapter cannot be read in another way');
  const timer = new PassTimer(gpu, 1);
  try {
    const { origin, point } = await compareClocks(gpu, timer, null);
    const [before, now, after] = [process.hrtime.bigint(), performance.now(), process.hrtime.bigint()];
    const offsetMs = now - Number(before - origin) / 1e6;
    // hrtime was read a little earlier than performance.now.
    const slack = Number(after - before) / 1e6 + 1e-3;
    expect(Math.abs(point.offsetMs - offsetMs)).toBeLessThanOrEqual(point.uncertaintyMs + slack);
  } finally {
    timer.release();
  }
});
