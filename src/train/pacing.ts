import { platform } from '../platform/index.js';
import type { Pace } from './types.js';

/**
 * Ctrl-C, progress and drivers' watchdogs are served between two submits. Being ahead costs nothing, while a
 * GPU that is faster than expected would otherwise wait for its next submit.
 */
const standard = { submitMs: 100, lead: 0.4 } as const;

/**
 * The first measurement counts launches and waits of single steps, too, so it is taken to be so much too
 * long. Too short an estimate only lets the host run ahead, and the first epoch corrects it.
 */
const firstEstimate = 0.5;

/** The first submit of an epoch, or after a pause, is so much smaller: until then the GPU has no work. */
const firstSubmit = 0.25;

/** A wait shorter than this share of what was expected is none: the answer was there when the host asked. */
const noWait = 0.02;
/**
 * What an expectation is cut to that was too long, nobody knows by how much. A pause in a short measurement
 * can make it a hundred times too long, and the host then sleeps while a GPU has nothing to do.
 */
const cut = 0.35;

/**
 * How many times as long an epoch can make the expectation at most. An epoch in which the process was stopped
 * (Ctrl-Z, a suspended machine) says nothing of the GPU, and the host would sleep through the next one for
 * as long. If the GPU is slower indeed, the host runs ahead of it until it has learnt so.
 */
const growth = 2;

/**
 * Decides how many steps go into a submit and when the next one follows, without asking the GPU: nothing
 * comes back from it within an epoch. Step time is learnt from whole epochs; in between the host sleeps by
 * the clock. Only a pace without a lead waits for submits: a first epoch on a slow adapter can last longer
 * than any estimate.
 */
export class Pacer {
  private stepMs: number;
  private epochStart = 0;
  /** Whether the GPU has been given work since the epoch, or a pause, began. */
  private isBusy = false;
  /** When everything submitted should be done, on the clock of `now`. */
  private doneAt = 0;
  private readonly submitMs: number;
  private readonly lead: number;
  private heldMs = 0;

  /** @param stepMs a first measurement, in milliseconds @param workDone waits for everything submitted */
  constructor(
    stepMs: number,
    { submitMs = standard.submitMs, lead = standard.lead }: Pace = {},
    private readonly workDone: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.stepMs = firstEstimate * stepMs;
    this.submitMs = submitMs;
    this.lead = lead;
  }

  /** The time as the training counts it: `performance.now` without what was spent in `hold`. */
  now(): number {
    return performance.now() - this.heldMs;
  }

  /** Waits for a promise. The clock stands still from when everything submitted is done. */
  async hold<T>(until: Promise<T>): Promise<T> {
    await this.workDone();
    this.doneAt = this.now();
    this.isBusy = false;
    const began = performance.now();
    const kept = await until;
    this.heldMs += performance.now() - began;
    return kept;
  }

  beginEpoch(now = this.now()): void {
    this.epochStart = now;
    this.doneAt = now;
    this.isBusy = false;
  }

  /** Steps for the next submit, at least 1 and at most `left`. */
  take(left: number): number {
    const steps = Math.min(left, this.submitMs / this.stepMs);
    return Math.max(1, Math.round(this.isBusy ? steps : firstSubmit * steps));
  }

  /** Notes submitted work, in steps; an evaluation counts as the steps that cost as much. */
  submitted(steps: number, now = this.now()): void {
    this.doneAt = Math.max(this.doneAt, now) + steps * this.stepMs;
    this.isBusy = true;
  }

  /**
   * Submits `steps` steps, as many at a time as `take` says, and sleeps after each submit.
   * @param submit submits at most `most` steps after the first `done` and returns how many; throws to stop
   * @param onRested takes the moment at which a sleep began, on the clock of `now`
   */
  async submitSteps(
    steps: number,
    submit: (done: number, most: number) => number | Promise<number>,
    onRested?: (beganMs: number) => void,
  ): Promise<void> {
    let last = Promise.resolve();
    for (let done = 0; done < steps;) {
      const count = await submit(done, this.take(steps - done));
      done += count;
      this.submitted(count);
      const beganMs = this.now();
      const before = last;
      if (this.lead === 0) last = this.workDone();
      // Awaited after the next submit; whoever waits for the GPU before that meets the same error.
      last.catch(() => undefined);
      await Promise.all([before, this.rest()]);
      onRested?.(beganMs);
    }
  }

  /** Milliseconds that the host should sleep before the next submit. */
  sleepMs(now = this.now()): number {
    return Math.max(0, this.doneAt - now - this.submitMs - this.lead * (now - this.epochStart));
  }

  /** Sleeps for `sleepMs()`. Even if that is 0 the event loop turns: signals and timers are served. */
  async rest(): Promise<void> {
    const sleepMs = this.sleepMs();
    await (sleepMs > 1 ? platform.sleep(sleepMs) : platform.turn());
  }

  /** Milliseconds until everything submitted should be done. */
  remaining(now = this.now()): number {
    return Math.max(0, this.doneAt - now);
  }

  /**
   * Learns from an epoch.
   *
   * If the readback at its end had to wait, the GPU set the pace, and the epoch's time per step is the GPU's,
   * up to a bound.
   * If not, the GPU had been done for a while: the expectation was too long, and is cut rather than confirmed
   * by the sleeps that it caused itself.
   * @param steps of the epoch, evaluation included
   * @param expectedMs `remaining()` when the readback began
   * @param waitedMs how long the readback waited
   */
  learn(steps: number, elapsedMs: number, expectedMs: number, waitedMs: number): void {
    // A coarse clock can have measured 0 at first, which does not grow.
    const most = this.stepMs > 0 ? growth * this.stepMs : Infinity;
    const measured = Math.min(elapsedMs / steps, most);
    const hadToWait = waitedMs > noWait * expectedMs;
    this.stepMs = hadToWait ? measured : Math.min(measured, cut * this.stepMs);
  }

  /** Fewer trials do less work: `share` of what the last epoch did. */
  scale(share: number): void {
    this.stepMs *= share;
  }
}
