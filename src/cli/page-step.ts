/** scripts/peers/lib/own-step.js: this project's training step in a page, for `bench --browser`. */
import { openGpu } from '../gpu/index.js';
import type { StepRequest } from '../tools/bench/contenders.js';
import { StepRunner } from '../tools/bench/measure.js';

/** A step that is warm; `run` takes a number of steps and gives the loss of the last one. */
export async function openPageStep(request: StepRequest): Promise<{
  readonly runsOn: string;
  readonly run: (steps: number) => Promise<number>;
}> {
  const { widths, dropout, learningRate, weightDecay, batch: batchSize } = request;
  const [inputs, hidden, classes] = [widths[0]!, widths.slice(1, -1), widths.at(-1)!];
  const gpu = await openGpu();
  const network = { inputs, hidden, classes, dropout };
  const runner = await StepRunner.create(gpu, { ...network, learningRate, weightDecay, batchSize });
  return { runsOn: gpu.description, run: async (steps) => (await runner.run(steps)).loss };
}
