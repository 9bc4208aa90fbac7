/** How long a training will still take, as far as that can be known while early stopping may end it. */
import type { EpochReport } from '../train/types.js';

/** Bounds in epochs or in seconds. */
export interface Left {
  /** If no trial improves any more: early stopping ends it then. Without early stopping it is `atMost`. */
  readonly ifNoBetter: number;
  /** If the last of them trains to its last epoch. */
  readonly atMost: number;
}

/** Epochs that the time per epoch is averaged over: they get shorter when trials stop. */
const recentEpochs = 5;

/** What is known of a group of trials, epoch by epoch. */
export class Countdown {
  private readonly bestEpochs = new Map<string, number>();
  private readonly ends: number[] = [];
  private left: Left = { ifNoBetter: 0, atMost: 0 };

  /** Takes in an epoch. Its reports must come in order; a resumed group's begin in the middle. */
  add({ epoch, trials, seconds }: EpochReport): void {
    if (this.ends.length === 0) this.ends.push((seconds * (epoch - 1)) / epoch);
    this.ends.push(seconds);
    if (this.ends.length > recentEpochs + 1) this.ends.shift();
    const bounds = trials.map(({ trial, improved }): Left => {
      const key = `${trial.seed} ${trial.variant}`;
      if (improved) this.bestEpochs.set(key, epoch);
      const { epochs, patience } = trial.config;
      const atMost = epochs - epoch;
      if (patience === null) return { ifNoBetter: atMost, atMost };
      const ifNoBetter = Math.min(atMost, (this.bestEpochs.get(key) ?? epoch) + patience - epoch);
      // Stopped: there is no more of it.
      return ifNoBetter <= 0 ? { ifNoBetter: 0, atMost: 0 } : { ifNoBetter, atMost };
    });
    this.left = {
      ifNoBetter: Math.max(...bounds.map(({ ifNoBetter }) => ifNoBetter)),
      atMost: Math.max(...bounds.map(({ atMost }) => atMost)),
    };
  }

  /** Seconds from here. @param share how much of the running epoch is done, 0 to 1 */
  seconds(share = 0): Left {
    const perEpoch = (this.ends.at(-1)! - this.ends[0]!) / (this.ends.length - 1);
    const secondsOf = (epochs: number): number => Math.max(0, epochs - share) * perEpoch;
    return { ifNoBetter: secondsOf(this.left.ifNoBetter), atMost: secondsOf(this.left.atMost) };
  }
}

/** `0:07`, `12:30`, `1:02:03`: rounded up, because it is time that people wait. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours === 0 ? `${minutes}:${two(whole % 60)}` : `${hours}:${two(minutes)}:${two(whole % 60)}`;
}

/** `0:21 left if no better, at most 6:10`, and `0:21-6:10 left`; one figure where both are the same. */
export function leftText({ ifNoBetter, atMost }: Left): { readonly long: string; readonly short: string } {
  const [low, high] = [duration(ifNoBetter), duration(atMost)];
  if (low === high) return { long: `${high} left`, short: `${high} left` };
  return { long: `${low} left if no better, at most ${high}`, short: `${low}-${high} left` };
}
