/** What is trained on a few drawings of one's own. */
import type { AskedTraining } from '../protocol.js';
import { standardForm, trialOf, type Plan } from './form.js';

/** Few images: small batches, many epochs, nothing held out but the test images. */
const form = {
  ...standardForm,
  hidden: '32',
  dropout: '0.2',
  learningRate: '0.003',
  batchSize: '8',
  epochs: '80',
  validation: '0',
  patience: 'none',
};

/** @param data the id of the drawings */
export function planForOwn(data: string): { readonly plan: Plan; readonly asked: AskedTraining } {
  const { trial } = trialOf(form, 'network');
  return { plan: { data, first: form, second: null }, asked: { data, trials: [trial!] } };
}
