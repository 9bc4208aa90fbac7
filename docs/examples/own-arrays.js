/** A network of one's own on arrays of one's own: points of three spirals, told apart. node docs/examples/own-arrays.js */
import { createDataset, createTrial, openGpu, predict, train } from 'wgsl-train';

const classes = 3;
const count = 1500;
const labels = Array.from({ length: count }, (_, i) => i % classes);
const points = labels.flatMap((label, i) => {
  const radius = 0.1 + (0.9 * i) / count;
  const angle = (2 * Math.PI * label) / classes + 4 * radius;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});

// No images: a row of two features. A fifth of the points is put aside as the test set.
const dataset = createDataset({
  name: 'spirals',
  images: Float32Array.from(points),
  labels,
  rows: 1,
  columns: 2,
  classNames: ['red', 'green', 'blue'],
});

const gpu = await openGpu();
const trials = [1e-3, 1e-2].map((learningRate) =>
  createTrial({ name: `lr ${learningRate}`, hidden: [32, 32], learningRate, batchSize: 32, epochs: 40 }),
);
/** @type {Map<string, import('wgsl-train').NamedParameters>} */
const weights = new Map();
const results = await train(gpu, dataset, trials, {
  // Both train side by side, so each gets a call.
  onWeights: ({ trial, best }) => weights.set(trial.variant, best.parameters),
});
for (const { trial, test, history } of results)
  console.log(`${trial.variant}: ${(100 * test.accuracy).toFixed(1)} % after ${history.length} epochs`);

// Chosen by the validation loss: the test set is for measuring alone.
const lossOf = (/** @type {import('wgsl-train').TrialResult} */ { best }) => best?.score.loss ?? Infinity;
const best = results.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));
const parameters = weights.get(best.trial.variant);
if (parameters === undefined) throw new Error('every trial has weights once it is done');
const asked = [0.3, 0.3];
const { classes: found, probabilities } = await predict(gpu, parameters, Float32Array.from(asked));
const [first = 0] = found;
console.log(`(${asked.join(', ')}) is ${dataset.classNames[first]}, p = ${probabilities[first]?.toFixed(2)}`);
gpu.close();
