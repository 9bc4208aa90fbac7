import { adapterText } from '../../base/text.js';
import type { Output } from '../../base/output.js';
import type { NamedTuning } from '../../runs/tuning-file.js';
import type { MachineWatch } from './machine.js';
import type { OpenStepBench, StepBench } from './step-bench.js';

/** What is timed in this process needs. */
export interface StepBenchContext {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly tools: { readonly open: OpenStepBench; readonly watch: MachineWatch };
}

/** The adapter that is measured, as it was asked for. */
export interface ChosenAdapter {
  readonly adapter: string | undefined;
  readonly tuning: NamedTuning | null;
}

/**
 * Opens an adapter to time steps on, tells which it is, and closes it when the work is done or has failed.
 * @param facts what else the event `adapter` says
 */
export async function withStepBench(
  { output, tools }: StepBenchContext,
  { adapter, tuning }: ChosenAdapter,
  facts: Readonly<Record<string, unknown>>,
  work: (bench: StepBench) => Promise<void>,
): Promise<void> {
  const bench = await tools.open({
    ...(adapter !== undefined && { adapter }),
    ...(tuning !== null && { tuning }),
  });
  try {
    const { description, software } = bench;
    output.event({ event: 'adapter', description, software, ...facts });
    output.info(adapterText(bench));
    await work(bench);
  } finally {
    bench.close();
  }
}
