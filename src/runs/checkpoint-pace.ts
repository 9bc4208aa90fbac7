/** No more than this share of a training's time goes into saving. */
const largestShare = 0.02;

/** When checkpoints are taken: after the first epoch, then as often as asked for and as saving is cheap. */
export class CheckpointPace {
  private savedAt = -Infinity;
  /** What saving took last, in milliseconds. */
  private costMs = 0;

  /** @param seconds between two checkpoints at least; 0: one after every epoch, at any cost */
  constructor(private readonly seconds: number) {}

  isDue(now = performance.now()): boolean {
    const least = this.seconds === 0 ? 0 : Math.max(1000 * this.seconds, this.costMs / largestShare);
    return now - this.savedAt >= least;
  }

  /** Runs `save`, and learns what it takes. */
  measure(save: () => void): void {
    const started = performance.now();
    save();
    this.savedAt = performance.now();
    this.costMs = this.savedAt - started;
  }
}
