import { setTimeout as sleep } from 'node:timers/promises';

/** A submit is made to last about this long, so that Ctrl-C, progress and drivers' watchdogs are served between two. */
const submitMs = 100;

/**
 * Decides how many steps go into a submit and when the next one follows, without asking the GPU: while a Dawn promise is pending,
 * Node spins and takes a core from a software adapter. Step time is learnt from whole epochs; the host then sleeps until
 * what it has submitted is nearly done.
 */
export class Pacer {
  private stepMs: number;
  /** When everything submitted should be done, on the clock of `performance.now`. */
  private doneAt = 0;

  /** @param stepMs a first measurement, in milliseconds */
  constructor(stepMs: number) {
    this.stepMs = stepMs;
  }

  /** Steps for the next submit, at least 1 and at most `left`. */
  take(left: number): number {
    return Math.max(1, Math.min(left, Math.round(submitMs / this.stepMs)));
  }

  /** Notes a submit, and sleeps while more than one submit's worth of work lies ahead of the GPU. */
  async submitted(steps: number): Promise<void> {
    const now = performance.now();
    this.doneAt = Math.max(this.doneAt, now) + steps * this.stepMs;
    const ahead = this.doneAt - now - submitMs;
    if (ahead > 1) await sleep(ahead);
  }

  /** Milliseconds until everything submitted should be done. */
  remaining(): number {
    return Math.max(0, this.doneAt - performance.now());
  }

  /**
   * Learns from an epoch that was timed from its first submit to its readback.
   *
   * If the host still had to wait at its end, the GPU set the pace, and its step time is known; somewhat less is remembered,
   * because work that queues up costs nothing and a GPU that waits does. If not, the GPU was kept waiting: the estimate was
   * too long (a pause, a slow first measurement) and is halved rather than confirmed by its own sleeps.
   * @param waitedMs how long the last readback was waited for
   */
  learn(steps: number, elapsedMs: number, waitedMs: number): void {
    const measured = (0.85 * elapsedMs) / steps;
    this.stepMs = waitedMs > 0.05 * elapsedMs ? measured : Math.min(measured, this.stepMs / 2);
    this.doneAt = 0;
  }

  /** Fewer trials do less work: `share` of what the last epoch did. */
  scale(share: number): void {
    this.stepMs *= share;
  }
}
