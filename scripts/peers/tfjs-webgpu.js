/** The training step in TensorFlow.js on WebGPU. It has no AdamW: this is Adam without weight decay. */
import { load, serve, step } from './lib/contender.js';
import { loadTfjs, tfjsStep } from './lib/tfjs-step.js';
import { adapterName, installWebgpu } from './lib/webgpu.js';

installWebgpu(step.adapter);
const tf = loadTfjs();
load('@tensorflow/tfjs-backend-webgpu');
if (!(await tf.setBackend('webgpu'))) throw new Error('the webgpu backend does not start');
await tf.ready();
await serve({ runsOn: await adapterName() }, tfjsStep(tf));
