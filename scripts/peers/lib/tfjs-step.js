/** The training step in TensorFlow.js, for every backend: eager ops, as its users write them. */
import { batch, initialLayers, load, step } from './contender.js';

/**
 * @param tf tfjs-core with a backend that is ready. @returns a function that trains some steps and gives the
 *   last loss
 */
export function tfjsStep(tf) {
  const { images, labels } = batch();
  const x = tf.tensor2d(images, [step.batch, step.widths[0]]);
  const y = tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), step.widths.at(-1)), 'float32');
  const layers = initialLayers().map(({ rows, columns, weights, biases }) => ({
    w: tf.variable(tf.tensor2d(weights, [rows, columns])),
    b: tf.variable(tf.tensor1d(biases)),
  }));
  const adam = tf.train.adam(step.learningRate, step.beta1, step.beta2, step.epsilon);

  const loss = () => {
    let value = x;
    layers.forEach(({ w, b }, index) => {
      value = tf.add(tf.matMul(value, w), b);
      if (index < layers.length - 1) value = tf.relu(value);
      if (index === 0) value = tf.dropout(value, step.dropout);
    });
    return tf.losses.softmaxCrossEntropy(y, value);
  };

  return async (steps) => {
    for (let i = 1; i < steps; i++) adam.minimize(loss);
    const last = adam.minimize(loss, true);
    const [value] = await last.data();
    last.dispose();
    return value;
  };
}

/** tfjs-core; the layers package is what brings the gradients of its ops along. */
export function loadTfjs() {
  load('@tensorflow/tfjs-layers');
  return load('@tensorflow/tfjs-core');
}
