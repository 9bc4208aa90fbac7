/**
 * Trains one of the experiments with callbacks, and a signal that stops it: node docs/examples/train-an-experiment.js [DATA]
 * DATA is what `--data` takes; a small synthetic set if left out.
 */
import { openGpu, resolveDataset, trainExperiment } from 'wgsl-train';

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
const { signal } = controller;

const gpu = await openGpu();
const dataset = await resolveDataset(process.argv[2] ?? 'synthetic:2000/500', { signal });
console.log(`${dataset.name} on ${gpu.description}`);

// Experiment 2 trains two dropout probabilities; three epochs instead of fifty.
const result = await trainExperiment(gpu, dataset, 2, {
  seeds: [0, 1],
  overrides: { epochs: 3 },
  signal,
  onEpoch: ({ epoch, trials, stepsPerSecond }) => {
    const losses = trials.map(
      ({ trial, record }) => `${trial.variant} ${record.validation?.loss.toFixed(3)}`,
    );
    console.log(`epoch ${epoch}: ${losses.join(', ')} (${Math.round(stepsPerSecond)} steps/s)`);
  },
});
gpu.close();

const { variant, run, reason } = result.selected;
console.log(`selected ${variant.name}, seed ${run.trial.seed} (${reason})`);
console.log(`test accuracy ${(100 * run.test.accuracy).toFixed(1)} %`);
for (const sentence of result.conclusions) console.log(`- ${sentence}`);
