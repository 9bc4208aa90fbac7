/** This project's own training step, where the place is a page. */
import { openGpu } from '../../../dist/gpu/index.js';
import { StepRunner } from '../../../dist/tools/bench/measure.js';
import { serve, step } from './contender.js';

const { widths, batch: batchSize, dropout, learningRate, weightDecay } = step;
const [inputs, hidden, classes] = [widths[0], widths.slice(1, -1), widths.at(-1)];
const gpu = await openGpu();
const network = { inputs, hidden, classes, dropout };
const runner = await StepRunner.create(gpu, { ...network, learningRate, weightDecay, batchSize });
await serve({ runsOn: gpu.description }, async (steps) => (await runner.run(steps)).loss);
