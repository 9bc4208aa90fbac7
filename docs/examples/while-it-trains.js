/** A training that is asked, paused, stopped and resumed. node docs/examples/while-it-trains.js */
import {
  checkpointsIn,
  createTrial,
  EngineError,
  openGpu,
  predict,
  resolveDataset,
  startTraining,
} from 'wgsl-train';

const gpu = await openGpu();
const dataset = await resolveDataset('synthetic:2000/500');
const trial = createTrial({ hidden: [64], batchSize: 32, epochs: 6 });
const image = dataset.test.pixels.subarray(0, dataset.rows * dataset.columns);

// A place of one's own for checkpoints: here the memory of this program. `write` is all or nothing.
/** @type {Map<string, Uint8Array>} */
const files = new Map();
/** @type {import('wgsl-train').CheckpointStorage} */
const storage = {
  read: async (name) => files.get(name) ?? null,
  write: async (name, bytes) => void files.set(name, bytes),
};
const checkpoints = await checkpointsIn(storage, gpu, dataset);

const training = startTraining(gpu, dataset, [trial], {
  ...checkpoints,
  // Short submits, of which two are under way at most: others are answered soon.
  pace: { submitMs: 16, lead: 0 },
  onEpoch: ({ epoch }) => {
    if (epoch === 3) training.stop();
  },
});

// The weights of the last step, and what they say of an image: beside the training, on the same device.
const now = await training.weights(0);
const { classes } = await predict(gpu, now.parameters, image);
console.log(`epoch ${now.epoch}, step ${now.step}: ${dataset.classNames[classes[0] ?? 0]}`);

// In a pause nothing is submitted, and questions are answered.
training.pause();
const later = await training.weights(0);
console.log(`epoch ${later.epoch}, step ${later.step}: paused`);
training.resume();

try {
  await training.result;
} catch (error) {
  if (!(error instanceof EngineError && error.kind === 'interrupted')) throw error;
  console.log(`${error.message}; kept: ${[...files.keys()].join(', ')}`);
}

// With the same arguments it ends with the bits of a training that ran through.
const resumed = startTraining(gpu, dataset, [trial], checkpoints);
const [result] = await resumed.result;
console.log(`weights ${result?.weightsSha256.slice(0, 16)} after ${result?.history.length} epochs`);
gpu.close();
