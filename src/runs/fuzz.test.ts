import { denseLayers } from '../formats/dense.js';
import { elementCount } from '../formats/tensor.js';
import { fuzzTests } from '../testing/fuzz/suite.js';
import { relyOn, type Target } from '../testing/fuzz/target.js';
import { checkTrial } from '../train/settings.js';
import { parseCheckpoint } from './index.js';
import { checkpoints, mutateCheckpoint } from './testing/fuzz-checkpoints.js';

const checkpointTarget: Target = {
  name: 'checkpoint',
  seeds: checkpoints,
  mutate: mutateCheckpoint,
  kinds: ['bad-file'],
  read: (bytes) => {
    const { epoch, step, facts, history, metrics, ...kinds } = parseCheckpoint(bytes, 'best.safetensors');
    relyOn(
      Number.isSafeInteger(epoch) && epoch >= 0 && Number.isSafeInteger(step) && step >= 0,
      'it is nowhere',
    );
    relyOn(history.length === epoch && (step === 0) === (metrics.length === 0), 'its history is another');
    checkTrial(facts.trial);
    const { parameters, firstMoments, secondMoments } = kinds;
    for (const tensors of [parameters, firstMoments, secondMoments])
      for (const { shape, data } of tensors.values())
        relyOn(data instanceof Float32Array && data.length === elementCount(shape), 'a parameter is none');
    const layers = denseLayers(parameters, 'best.safetensors');
    relyOn(layers.length > 0, 'it has no layer');
  },
};

fuzzTests([checkpointTarget]);
