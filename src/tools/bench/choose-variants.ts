/** tune.js: which variants of the matrix products are the fastest on an adapter. */
import type { Output } from '../../base/output.js';
import { adapterText } from '../../base/text.js';
import type { TuningEntry } from '../../gpu/index.js';
import { benchStep } from './contenders.js';
import { tellLoad } from './machine.js';
import type { StepWork } from './measure.js';
import type { ProductTimes, TuneOptions } from './tune.js';
import { stepText, tuneLegend, tuneTable } from './tune-text.js';
import { entriesOf, stepUs, verdictOf, type ProductVerdict } from './tune-verdict.js';

/** The step whose products are timed. */
export interface TunedStep {
  readonly hidden: readonly number[];
  readonly batches: readonly number[];
  readonly rounds: number;
}

/** The adapter whose kernels are timed. */
export interface TunedAdapter {
  readonly adapter: { readonly description: string; readonly software: boolean };
  readonly timeVariants: (work: StepWork, options: TuneOptions) => Promise<readonly ProductTimes[]>;
}

/**
 * Times the variants of every product of a step, and tells which it chooses.
 * @returns the choices that differ from the rules'
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
export async function chooseVariants(
  { hidden, batches, rounds }: TunedStep,
  { adapter, timeVariants }: TunedAdapter,
  output: Output,
  signal: AbortSignal,
): Promise<TuningEntry[]> {
  output.event({ event: 'adapter', ...adapter, hidden, rounds });
  output.info(`adapter: ${adapterText(adapter)}`);
  tellLoad(output, 'before');
  const { inputs, classes } = benchStep;
  output.result(`\nthe products of a training step of ${[inputs, ...hidden, classes].join('-')}`);
  output.result(tuneLegend(rounds));
  const all: ProductVerdict[] = [];
  const steps: string[] = [];
  for (const batch of batches) {
    const work = { ...benchStep, hidden, batchSize: batch };
    const times = await timeVariants(work, {
      rounds,
      signal,
      onProduct: (ops, index, count) => {
        output.live(`batch ${batch}, product ${index + 1} of ${count}: ${ops.join(', ')}`);
      },
    });
    const verdicts = times.map(verdictOf);
    const [ruleUs, choiceUs] = [stepUs(verdicts, 'rule'), stepUs(verdicts, 'choice')];
    for (const verdict of verdicts) output.event({ event: 'product', batch, ...verdict });
    output.event({ event: 'step', batch, ruleUs, choiceUs });
    output.result(`\nbatch ${batch}\n\n${tuneTable(verdicts)}`);
    steps.push(stepText(batch, ruleUs, choiceUs));
    all.push(...verdicts);
  }
  output.clear();
  tellLoad(output, 'after');
  output.result(`\n${steps.join('\n')}`);
  return entriesOf(all);
}
