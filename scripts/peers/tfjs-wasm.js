/**
 * The training step in TensorFlow.js on WebAssembly, one thread with SIMD. It has no AdamW: this is Adam
 * without weight decay.
 */
import { load, serve } from './lib/contender.js';
import { loadTfjs, tfjsStep } from './lib/tfjs-step.js';

const tf = loadTfjs();
load('@tensorflow/tfjs-backend-wasm');
if (!(await tf.setBackend('wasm'))) throw new Error('the wasm backend does not start');
await tf.ready();
const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
await serve({ runsOn: `CPU, 1 thread${simd ? ', SIMD' : ''}` }, tfjsStep(tf));
