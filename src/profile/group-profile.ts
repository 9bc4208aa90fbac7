import type { Plan } from '../graph/index.js';
import type { Ceilings } from './ceilings.js';
import type { ClockPoint } from './clock.js';
import type { Gaps, TimeSpan, StepTimes } from './times.js';
import type { Trial } from '../train/types.js';

/**
 * How dispatches were timed: by the adapter's timestamps, or, where it has none, by the host's clock around a
 * submit of one dispatch and the wait for it, which holds the cost of both.
 */
export type ProfileClock = 'timestamps' | 'wall';

/** How fast steps followed each other, and what host and adapter did meanwhile: sums over all steps. */
export interface Pace {
  readonly steps: number;
  readonly submits: number;
  /** By the host's clock, from the first step's encoding until the host knew of the last one's end. */
  readonly wallMs: number;
  /** What the host spent on recording command buffers, and in `submit`. */
  readonly encodeMs: number;
  readonly submitMs: number;
  /** What the adapter spent in the passes of the steps; null without timestamps. */
  readonly busyMs: number | null;
  /** Pauses of the adapter between one submit and the next; null without timestamps. */
  readonly gaps: Gaps | null;
}

/** The ends of epochs, in a real training; times in milliseconds. */
export interface EvaluationTime {
  readonly count: number;
  /** What the adapter spent in evaluations. */
  readonly busyMs: number;
  /** How often, and how long, the adapter then had nothing to do before the next epoch's first step. */
  readonly pauses: Gaps;
}

export interface BufferSize {
  readonly label: string;
  readonly bytes: number;
}

/** What was measured of one group of trials. */
export interface GroupProfile {
  readonly trials: readonly Trial[];
  /** Images per step. */
  readonly batch: number;
  /** Of the training step. */
  readonly plan: Plan;
  readonly clock: ProfileClock;
  /** Steps whose dispatches were timed one by one. */
  readonly times: StepTimes;
  /** Of steps as they always run: in a real training all of them, with the timed steps in between. */
  readonly pace: Pace;
  /** While each step was timed: what watching costs. Null in a real training. */
  readonly watchedPace: Pace | null;
  /** Null outside a real training. */
  readonly evaluation: EvaluationTime | null;
  /** Every buffer on the device while the group trained. */
  readonly buffers: readonly BufferSize[];
}

/** A pass on the adapter: one dispatch of a step, several steps in one, or an evaluation. */
export interface TimedPass extends TimeSpan {
  /** Index into the plan's dispatches; null for a pass of whole steps and for an evaluation. */
  readonly dispatch: number | null;
  /** Counted from 0 over the group; of several, the first. */
  readonly step: number;
  /** 0 for an evaluation. */
  readonly steps: number;
  /** Trials that took part. */
  readonly active: number;
  readonly submit: number;
}

/** What the host did, by `performance.now`. */
export interface HostSlice {
  readonly what: 'order' | 'encode' | 'submit' | 'sleep' | 'map';
  readonly startMs: number;
  readonly endMs: number;
  /** Which submit it belongs to; null for none. */
  readonly submit: number | null;
}

/** A part of the run, by `performance.now`; what the host did in it lies within. */
export interface Phase {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Everything in order of time, for a trace. */
export interface Timeline {
  readonly phases: readonly Phase[];
  readonly passes: readonly TimedPass[];
  readonly host: readonly HostSlice[];
  /** False if there was too much to keep: then it ends early. */
  readonly complete: boolean;
}

export interface TimedGroup extends GroupProfile {
  readonly timeline: Timeline;
}

/** Groups that ran one after another, on one pair of clocks. */
export interface Recording {
  readonly groups: readonly TimedGroup[];
  /**
   * Where the adapter's and the host's clocks were compared. Without timestamps there is one clock: the
   * adapter's nanoseconds are then the host's, and nothing is uncertain.
   */
  readonly clockPoints: readonly [ClockPoint, ...ClockPoint[]];
}

export interface TrainingProfile extends Recording {
  readonly ceilings: Ceilings;
}

/** Takes what a training measured of itself. */
export interface ProfileSink {
  /** Called when a group has ended. */
  readonly onGroup: (profile: GroupProfile) => void;
  /** Called at the end of the training. Without it no timelines are kept. */
  readonly onRecording?: (recording: Recording) => void;
}
