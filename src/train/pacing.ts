import { platform } from '../platform/index.js';

/** How long a submit lasts, about: Ctrl-C, progress and drivers' watchdogs are served between two. */
const submitMs = 100;

/**
 * How far the host may run ahead, as a share of the time since the epoch began. Being ahead costs nothing,
 * while a GPU that is faster than expected would otherwise wait for its next submit.
 */
const lead = 0.4;

/**
 * The first measurement counts launches and waits of single steps, too, so it is taken to be so much too
 * long. Too short an estimate only lets the host run ahead, and the first epoch corrects it.
 */
const firstEstimate = 0.5;

/** The first submit of an epoch is so much smaller: until it is recorded the GPU has nothing to do. */
const firstSubmit = 0.25;

/** A wait shorter than this share of what was expected is none: the answer was there when the host asked. */
const noWait = 0.02;
/** What an expectation is cut to that was too long, nobody knows by how much. */
const cut = 0.6;

/**
 * Decides how many steps go into a submit and when the next one follows, without asking the GPU: nothing
 * comes back from it within an epoch. Step time is learnt from whole epochs; in between the host sleeps by
 * the clock.
 */
export class Pacer {
  private stepMs: number;
  private epochStart = 0;
  private epochBegun = false;
  /** When everything submitted should be done, on the clock of `performance.now`. */
  private doneAt = 0;

  /** @param stepMs a first measurement, in milliseconds */
  constructor(stepMs: number) {
    this.stepMs = firstEstimate * stepMs;
  }

  beginEpoch(now = performance.now()): void {
    this.epochStart = now;
    this.doneAt = now;
    this.epochBegun = false;
  }

  /** Steps for the next submit, at least 1 and at most `left`. */
  take(left: number): number {
    const steps = Math.min(left, submitMs / this.stepMs);
    return Math.max(1, Math.round(this.epochBegun ? steps : firstSubmit * steps));
  }

  /** Notes submitted work, in steps; an evaluation counts as the steps that cost as much. */
  submitted(steps: number, now = performance.now()): void {
    this.doneAt = Math.max(this.doneAt, now) + steps * this.stepMs;
    this.epochBegun = true;
  }

  /**
   * Submits `steps` steps, as many at a time as `take` says, and sleeps after each submit.
   * @param submit submits at most `most` steps after the first `done` and returns how many; throws to stop
   * @param onRested takes the moment at which a sleep began, on the clock of `performance.now`
   */
  async submitSteps(
    steps: number,
    submit: (done: number, most: number) => number | Promise<number>,
    onRested?: (beganMs: number) => void,
  ): Promise<void> {
    for (let done = 0; done < steps;) {
      const count = await submit(done, this.take(steps - done));
      done += count;
      this.submitted(count);
      const beganMs = performance.now();
      await this.rest();
      onRested?.(beganMs);
    }
  }

  /** Milliseconds that the host should sleep before the next submit. */
  pause(now = performance.now()): number {
    return Math.max(0, this.doneAt - now - submitMs - lead * (now - this.epochStart));
  }

  /** Sleeps for `pause()`. Even if that is 0 the event loop turns, so that signals and timers are served. */
  async rest(): Promise<void> {
    const pause = this.pause();
    await (pause > 1 ? platform.sleep(pause) : platform.turn());
  }

  /** Milliseconds until everything submitted should be done. */
  remaining(now = performance.now()): number {
    return Math.max(0, this.doneAt - now);
  }

  /**
   * Learns from an epoch.
   *
   * If the readback at its end had to wait, the GPU set the pace, and the epoch's time per step is the GPU's.
   * If not, the GPU had been done for a while: the expectation was too long, and is cut rather than confirmed
   * by the sleeps that it caused itself.
   * @param steps of the epoch, evaluation included
   * @param expectedMs `remaining()` when the readback began
   * @param waitedMs how long the readback waited
   */
  learn(steps: number, elapsedMs: number, expectedMs: number, waitedMs: number): void {
    const measured = elapsedMs / steps;
    const hadToWait = waitedMs > noWait * expectedMs;
    this.stepMs = hadToWait ? measured : Math.min(measured, cut * this.stepMs);
  }

  /** Fewer trials do less work: `share` of what the last epoch did. */
  scale(share: number): void {
    this.stepMs *= share;
  }
}
