import { mutateSafetensors } from '../formats/testing/fuzz-targets.js';
import { encodeSafetensors } from '../formats/safetensors.js';
import { network } from '../formats/testing/networks.js';
import { parametersOf } from '../formats/dense.js';
import { sequential, stateDict } from '../formats/torch.js';
import { assumedFormat } from '../pictures/input-format.js';
import { fuzzTests } from '../testing/fuzz/suite.js';
import { relyOn, type Target } from '../testing/fuzz/target.js';
import { readNetwork } from './parameters.js';

const layers = network([12, 5, 3], 1);
const metadata = new Map([
  ['classes', '["a","b","c"]'],
  ['input_format', JSON.stringify(assumedFormat({ rows: 4, columns: 3 }))],
]);
const seeds = [
  encodeSafetensors(parametersOf(layers), metadata),
  encodeSafetensors(stateDict(sequential(layers, [0.5])), metadata),
];

const networkTarget: Target = {
  name: 'network',
  seeds,
  mutate: (chance) => mutateSafetensors(seeds, chance),
  kinds: ['bad-file'],
  read: (bytes) => {
    const { parameters, inputs, classes, classNames, input } = readNetwork(bytes, 'a.safetensors');
    relyOn(parameters.get('layer0.weight')?.shape[0] === inputs, 'the first layer has other inputs');
    relyOn(classNames === null || classNames.length === classes, 'a class has no name');
    relyOn(input === null || input.rows * input.columns === inputs, 'its images have another size');
  },
};

fuzzTests([networkTarget]);
