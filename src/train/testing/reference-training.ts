import { streams } from '../../base/philox.js';
import type { Dataset, LabelledImages } from '../../data/dataset.js';
import { shuffled, splitIndices } from '../../data/split.js';
import { adam } from '../../kernels/index.js';
import { checkGraph, initialParameters } from '../../model/index.js';
import type { EpochRecord, Score, Trial } from '../index.js';
import { learningRateFactor } from '../learning-rate.js';
import { dropoutByLayer } from '../settings.js';
import { layersOf } from '../../../kernels.test/steps/device-step.js';
import { adamw, type AdamState } from '../../../kernels.test/reference/adamw.js';
import { clipGradients } from '../../../kernels.test/reference/clip_gradients.js';
import type { DropoutDraw } from '../../../kernels.test/reference/dropout_mask.js';
import { gather } from '../../../kernels.test/reference/gather.js';
import { sgd } from '../../../kernels.test/reference/sgd.js';
import {
  networkPass,
  type Layer,
  type NetworkPass,
  type Regularisation,
} from '../../../kernels.test/reference/network.js';

export interface ReferenceResult {
  readonly history: readonly EpochRecord[];
  readonly test: Score;
  /** [actual][predicted] over the test set. */
  readonly confusion: readonly (readonly number[])[];
}

interface Parameter {
  readonly layer: number;
  readonly kind: 'weights' | 'bias';
  state: AdamState;
}

/**
 * A whole training in f64 on the host; give it more patience than epochs, or none, as it does not stop early:
 * initial weights, split, shuffles and dropout masks are those of the engine, everything computed is the
 * references'. Measured on the test set are the weights of the epoch with the lowest validation loss if the
 * trial would stop early, else those of the last epoch.
 */
export function referenceTraining(dataset: Dataset, { config, seed }: Trial): ReferenceResult {
  const split = splitIndices(dataset.train.count, config.validation, seed);
  const batchSize = Math.min(config.batchSize, split.train.length);
  const parameters = initialState(dataset, config.hidden, seed);
  const history: EpochRecord[] = [];
  let best = Number.POSITIVE_INFINITY;
  let selected = layersFrom(parameters, dataset, config.hidden);
  let step = 0;
  for (let epoch = 1; epoch <= config.epochs; epoch++) {
    const order = shuffled(split.train, seed, epoch);
    const learningRate = config.learningRate * learningRateFactor(config, epoch);
    const seen = { loss: 0, correct: 0 };
    for (let first = 0; first < order.length; first += batchSize) {
      const batch = order.subarray(first, first + batchSize);
      const layers = layersFrom(parameters, dataset, config.hidden);
      const pass = passOf(layers, dataset.train, batch, {
        dropout: dropoutByLayer(config).map((probability, layer): DropoutDraw => {
          const words = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
          return { probability, seed: words, step, layer, stream: streams.dropout };
        }),
        smoothing: config.labelSmoothing,
      });
      step++;
      seen.loss += pass.losses.reduce((sum, loss) => sum + loss, 0);
      seen.correct += correctOf(pass, dataset.train, batch);
      const gradients = parameters.map(({ layer, kind }) => pass.gradients[layer]![kind]);
      const clipped = clipGradients(gradients, config.clipNorm);
      parameters.forEach((parameter, i) => {
        const { p, m, v } = parameter.state;
        parameter.state =
          config.optimizer === 'sgd'
            ? { ...sgd(p, clipped[i]!, m, { ...config, learningRate }), v }
            : adamw(p, clipped[i]!, m, v, { ...adam, ...config, learningRate, step });
      });
    }
    const layers = layersFrom(parameters, dataset, config.hidden);
    const train = { loss: seen.loss / order.length, accuracy: seen.correct / order.length };
    const validation =
      split.validation.length === 0 ? null : scoreOf(layers, dataset.train, split.validation).score;
    history.push({ epoch, train, validation });
    if (config.patience === null || validation === null || validation.loss < best) {
      best = validation?.loss ?? best;
      selected = layers;
    }
  }
  const all = Uint32Array.from({ length: dataset.test.count }, (_, i) => i);
  const { score, pass } = scoreOf(selected, dataset.test, all);
  const confusion = Array.from({ length: dataset.classes }, () => new Array<number>(dataset.classes).fill(0));
  for (const index of all) confusion[dataset.test.labels[index]!]![pass.predicted[index]!]!++;
  return { history, test: score, confusion };
}

function initialState(dataset: Dataset, hidden: readonly number[], seed: number): Parameter[] {
  const inputs = dataset.rows * dataset.columns;
  const graph = checkGraph({ inputs, hidden, classes: dataset.classes, dropout: false });
  return layersOf(graph, initialParameters(graph, seed)).flatMap((each, layer) =>
    (['weights', 'bias'] as const).map((kind): Parameter => {
      const p = Float64Array.from(each[kind]);
      return { layer, kind, state: { p, m: new Float64Array(p.length), v: new Float64Array(p.length) } };
    }),
  );
}

function layersFrom(parameters: readonly Parameter[], dataset: Dataset, hidden: readonly number[]): Layer[] {
  const sizes = [dataset.rows * dataset.columns, ...hidden, dataset.classes];
  return sizes.slice(1).map((outputs, layer) => ({
    inputs: sizes[layer]!,
    outputs,
    weights: parameters[2 * layer]!.state.p,
    bias: parameters[2 * layer + 1]!.state.p,
  }));
}

function passOf(
  layers: readonly Layer[],
  part: LabelledImages,
  indices: Uint32Array,
  regularisation: Regularisation = {},
): NetworkPass {
  const gathered = gather(part.pixels, indices, layers[0]!.inputs);
  // Features are what they are: 255 times a 255th of an f32 is exact to far below the tolerance.
  const x = part.pixels instanceof Float32Array ? gathered.map((value) => 255 * value) : gathered;
  const labels = Uint8Array.from(indices, (index) => part.labels[index]!);
  return networkPass(layers, { x, labels, rows: indices.length }, regularisation);
}

function correctOf(pass: NetworkPass, part: LabelledImages, indices: Uint32Array): number {
  return pass.predicted.filter((predicted, i) => predicted === part.labels[indices[i]!]).length;
}

function scoreOf(
  layers: readonly Layer[],
  part: LabelledImages,
  indices: Uint32Array,
): { readonly score: Score; readonly pass: NetworkPass } {
  const pass = passOf(layers, part, indices);
  return { pass, score: { loss: pass.loss, accuracy: correctOf(pass, part, indices) / indices.length } };
}
