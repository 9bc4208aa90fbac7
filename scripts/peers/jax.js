/**
 * A training step in jax-js on WebGPU, compiled by `jit`. It does less work than the others': no dropout, and
 * plain SGD.
 */
import { batch, initialLayers, load, serve, step } from './lib/contender.js';
import { adapterName, installWebgpu } from './lib/webgpu.js';

installWebgpu(step.adapter);
const jax = load('@jax-js/jax');
const { numpy: np, nn } = jax;
if (!(await jax.init('webgpu')).includes('webgpu')) throw new Error('the webgpu backend does not start');
jax.defaultDevice('webgpu');

const { images, labels } = batch();
const x = np.array(images).reshape([step.batch, step.widths[0]]);
const y = nn.oneHot(np.array(labels, { dtype: np.int32 }), step.widths.at(-1));
let layers = initialLayers().map(({ rows, columns, weights, biases }) => ({
  w: np.array(weights).reshape([rows, columns]),
  b: np.array(biases),
}));

// Functions own their arguments here: what is used again is passed as `.ref`.
const loss = (layers, x, y) => {
  let value = x;
  layers.forEach(({ w, b }, index) => {
    value = np.matmul(value, w).add(b);
    if (index < layers.length - 1) value = nn.relu(value);
  });
  return nn
    .logSoftmax(value)
    .mul(y)
    .sum()
    .mul(-1 / step.batch);
};

const train = jax.jit((layers, x, y) => {
  const [value, gradients] = jax.valueAndGrad(loss)(jax.tree.ref(layers), x, y);
  const descend = (weight, gradient) => weight.sub(gradient.mul(step.learningRate));
  return [jax.tree.map(descend, layers, gradients), value];
});

await serve({ runsOn: await adapterName() }, async (steps) => {
  let last;
  for (let i = 0; i < steps; i++) {
    last?.dispose();
    [layers, last] = train(layers, x.ref, y.ref);
  }
  await jax.blockUntilReady(jax.tree.ref(layers));
  return (await last.data())[0];
});
