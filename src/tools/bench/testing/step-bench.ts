/** An adapter whose steps take a time that is known beforehand. */
import { EngineError } from '../../../base/errors.js';
import type { StepBench, StepCost } from '../step-bench.js';
import type { StepWork } from '../measure.js';

export interface FakeBench extends StepBench {
  /** The widths and batch sizes that were made ready, in order. */
  readonly prepared: string[];
  /** How many are not yet given back. */
  live: number;
  recovered: number;
  closed: boolean;
}

export interface FakeBenchOptions {
  /** Milliseconds per step; by default the launches and 1 ms per 10 MFLOP of each trial. */
  readonly ms?: (work: StepWork, cost: StepCost, trials: number) => number;
  /** Milliseconds of a run, the first of a step being run 0; by default that of its steps. */
  readonly runMs?: (run: number, stepsMs: number) => number;
  /** Called before a step is made ready; may throw. */
  readonly beforePreparing?: (work: StepWork) => void;
  /** Widest layer that fits. */
  readonly widest?: number;
}

export const launchMs = 0.2;

export function fakeBench(options: FakeBenchOptions = {}): FakeBench {
  const { ms = (_, { flops }, trials) => launchMs + (trials * flops) / 1e7, widest = Infinity } = options;
  const runMs = options.runMs ?? ((_run: number, stepsMs: number) => stepsMs);
  const cost = ({ inputs, hidden, classes, batchSize }: StepWork): StepCost => {
    const widths = [inputs, ...hidden, classes];
    if (Math.max(...widths) > widest)
      throw new EngineError('usage', 'buffer "parameters" is larger than the device allows');
    const weights = widths.slice(1).reduce((sum, width, layer) => sum + width * widths[layer]!, 0);
    return { dispatches: 10, flops: 6 * batchSize * weights, bytes: 12 * weights };
  };
  return {
    description: 'a test adapter',
    software: true,
    prepared: [],
    live: 0,
    recovered: 0,
    closed: false,
    cost,
    prepare(work, trials = 1) {
      return new Promise((resolve) => {
        options.beforePreparing?.(work);
        const each = ms(work, cost(work), trials);
        this.prepared.push(`${work.hidden[0]!}x${work.batchSize}`);
        this.live++;
        let runs = 0;
        resolve({
          run: (steps) => Promise.resolve({ steps, ms: runMs(runs++, steps * each), loss: 1 }),
          release: () => {
            this.live--;
          },
        });
      });
    },
    recover() {
      this.recovered++;
      return Promise.resolve();
    },
    close() {
      this.closed = true;
    },
  };
}
