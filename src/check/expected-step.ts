/**
 * What a training step must give, worked out on the host: forward, backward and update of a small network in
 * balls (ball.ts), with nothing shared with the kernels but the formulas. Every tensor of the step's graph
 * has its entry, by the graph's name.
 */
import { philox, streams } from '../base/philox.js';
import type { Update } from '../graph/index.js';
import { metricsTile, type adam, type TrialRecord } from '../kernels/index.js';
import {
  add,
  atMostOne,
  biasGradient,
  constant,
  dense,
  divide,
  exact,
  exponential,
  gate,
  inputGradient,
  integers,
  logarithm,
  map,
  matrix,
  multiply,
  rectify,
  squareRoot,
  subtract,
  sumOfProducts,
  upTo,
  weightGradient,
  type Ball,
  type Expected,
} from './ball.js';

/** A parameter with its moments. */
export interface Trainable {
  readonly p: Expected;
  readonly m: Expected;
  readonly v: Expected;
}

/** Weights [in, out] and bias [out] of one layer. */
export interface LayerState {
  readonly weight: Trainable;
  readonly bias: Trainable;
}

export interface Batch {
  /** [rows, inputs] bytes, or features. */
  readonly pixels: readonly number[];
  readonly labels: readonly number[];
  readonly isBytes: boolean;
}

/** Dropout is the probability after each hidden layer; null where the network has none. */
export type StepSettings = Omit<TrialRecord, 'index' | 'dropout'> &
  typeof adam &
  Pick<Update, 'optimizer'> & {
    readonly dropout: readonly (number | null)[];
    /** The parts in which the squares of all gradients are added up; null: they are not clipped. */
    readonly normParts: ((gradients: ExpectedTensors) => readonly (readonly Ball[])[]) | null;
  };

/** Tensors by their names in the graph. */
export type ExpectedTensors = ReadonlyMap<string, Expected>;

/** Takes an expected tensor down, and gives it back. */
type Put = (name: string, value: Expected) => Expected;

/** One step: dense - ReLU [- dropout] - ... - dense - cross-entropy, then the update. @param step from 0 */
export function expectStep(
  layers: readonly LayerState[],
  batch: Batch,
  step: number,
  settings: StepSettings,
): ExpectedTensors {
  const { tensors, put } = collect();
  const { dropout, labelSmoothing } = settings;
  const mask: MaskOf = (layer, rows, columns) => {
    const probability = dropout[layer] ?? null;
    if (probability === null) return null;
    const counter = { step, layer, seed: settings.seed };
    return { kept: dropoutMask(rows, columns, counter, probability), probability };
  };
  const { logits, entering, dropped } = forward(layers, batch, put, mask);

  const last = layers.length - 1;
  let dz = put(`gradient of layer${last}`, crossEntropy(logits, batch.labels, put, labelSmoothing));
  for (let layer = last; layer >= 0; layer--) {
    const trained = layers[layer]!;
    const gradients = { weight: weightGradient(entering[layer]!, dz), bias: biasGradient(dz) };
    for (const part of ['weight', 'bias'] as const) put(`gradient of layer${layer}.${part}`, gradients[part]);
    if (layer === 0) break;
    let dx = inputGradient(dz, trained.weight.p);
    const below = dropped[layer - 1] ?? null;
    if (below !== null) {
      put(`gradient of layer${layer - 1}.dropout`, dx);
      dx = drop(dx, below);
    }
    put(`gradient of layer${layer - 1}.relu`, dx);
    const { balls } = tensors.get(`layer${layer - 1}`)!;
    dz = put(`gradient of layer${layer - 1}`, { ...dx, balls: dx.balls.map((dy, i) => gate(dy, balls[i]!)) });
  }
  const clip = clipping(tensors, settings, put);
  layers.forEach((trained, layer) => {
    for (const part of ['weight', 'bias'] as const) {
      const name = `layer${layer}.${part}`;
      const gradient = clip(`gradient of ${name}`);
      const { p, m, v } =
        settings.optimizer === 'sgd'
          ? sgd(trained[part], gradient, settings)
          : adamw(trained[part], gradient, step, settings);
      put(name, p);
      put(`first moment of ${name}`, m);
      put(`second moment of ${name}`, v);
    }
  });
  return tensors;
}

/** The evaluation of a batch: no dropout, no update; and the counts by actual and predicted class. */
export function expectEvaluation(layers: readonly LayerState[], batch: Batch): ExpectedTensors {
  const { tensors, put } = collect();
  const { logits } = forward(layers, batch, put, () => null);
  put(`gradient of layer${layers.length - 1}`, crossEntropy(logits, batch.labels, put));
  const predicted = tensors.get('predictions')!.balls.map(({ x }) => x);
  const classes = logits.columns;
  const count = (actual: number, prediction: number): number =>
    predicted.filter((each, row) => each === prediction && batch.labels[row] === actual).length;
  put('confusion', integers(upTo(classes ** 2).map((i) => count(Math.floor(i / classes), i % classes))));
  return tensors;
}

function collect(): { readonly tensors: Map<string, Expected>; readonly put: Put } {
  const tensors = new Map<string, Expected>();
  const put: Put = (name, value) => {
    tensors.set(name, value);
    return value;
  };
  return { tensors, put };
}

/** What dropout keeps of a matrix. */
interface Mask {
  readonly kept: readonly boolean[];
  readonly probability: number;
}

type MaskOf = (layer: number, rows: number, columns: number) => Mask | null;

interface Forward {
  readonly logits: Expected;
  /** What each layer reads. */
  readonly entering: readonly Expected[];
  /** What followed each hidden layer. */
  readonly dropped: readonly (Mask | null)[];
}

function forward(layers: readonly LayerState[], batch: Batch, put: Put, mask: MaskOf): Forward {
  const rows = batch.labels.length;
  const inputs = batch.pixels.length / rows;
  put('batch.labels', integers(batch.labels));
  let value = put(
    'batch',
    matrix(rows, inputs, (row, i) => {
      // The same relative error holds a sum that is divided once: shaders/lib/pixels.wgsl.
      const pixel = exact(batch.pixels[row * inputs + i]!);
      return batch.isBytes ? divide(pixel, exact(255)) : pixel;
    }),
  );
  const entering: Expected[] = [];
  const dropped: (Mask | null)[] = [];
  layers.forEach(({ weight, bias }, layer) => {
    entering.push(value);
    value = put(`layer${layer}`, dense(value, weight.p, bias.p));
    if (layer === layers.length - 1) return;
    value = put(`layer${layer}.relu`, map(value, rectify));
    const own = mask(layer, rows, value.columns);
    dropped.push(own);
    if (own !== null) value = put(`layer${layer}.dropout`, drop(value, own));
  });
  return { logits: value, entering, dropped };
}

/** Four neighbouring columns share one block of the generator; shaders/lib/dropout.wgsl. */
function dropoutMask(
  rows: number,
  columns: number,
  { step, layer, seed }: { readonly step: number; readonly layer: number; readonly seed: number },
  probability: number,
): boolean[] {
  const threshold = Math.floor(probability * 2 ** 32);
  const quads = Math.ceil(columns / 4);
  const words = new Uint32Array(4);
  return upTo(rows * columns).map((i) => {
    const column = i % columns;
    const quad = Math.floor(i / columns) * quads + Math.floor(column / 4);
    philox([quad, step, layer, streams.dropout], [seed >>> 0, Math.floor(seed / 2 ** 32)], words);
    return words[column % 4]! >= threshold;
  });
}

function drop(a: Expected, { kept, probability }: Mask): Expected {
  const scale = constant(1 / (1 - probability));
  return { ...a, balls: a.balls.map((ball, i) => (kept[i]! ? multiply(ball, scale) : exact(0))) };
}

/**
 * Losses, predictions and metrics by `put`; the gradient of the mean loss by the logits.
 * @param smoothing share of the target that all classes share
 */
function crossEntropy(logits: Expected, labels: readonly number[], put: Put, smoothing = 0): Expected {
  const { rows, columns } = logits;
  const losses: Ball[] = [];
  const predicted: number[] = [];
  const gradient: Ball[] = [];
  for (let row = 0; row < rows; row++) {
    const z = logits.balls.slice(row * columns, (row + 1) * columns);
    const best = z.reduce((most, ball, j) => (ball.x > z[most]!.x ? j : most), 0);
    const exponentials = z.map((ball, j) => (j === best ? exact(1) : exponential(subtract(ball, z[best]!))));
    const sum = exponentials.reduce(add);
    const label = labels[row]!;
    predicted.push(best);
    const { distance, target } = aim(
      z.map((ball, j) => (j === best ? exact(0) : subtract(z[best]!, ball))),
      label,
      smoothing,
    );
    losses.push(add(logarithm(sum), distance));
    exponentials.forEach((e, j) => {
      gradient.push(multiply(subtract(divide(e, sum), target[j]!), constant(1 / rows)));
    });
  }
  put('row losses', { rows: 1, columns: rows, balls: losses });
  put('predictions', integers(predicted));
  const tiles = upTo(Math.ceil(rows / metricsTile)).map((tile) =>
    upTo(rows).slice(metricsTile * tile, metricsTile * (tile + 1)),
  );
  const balls = tiles.flatMap((tile) => [
    tile.map((row) => losses[row]!).reduce(add),
    exact(tile.filter((row) => predicted[row] === labels[row]).length),
  ]);
  put('metrics', { rows: tiles.length, columns: 2, balls });
  return { rows, columns, balls: gradient };
}

/**
 * torch.nn.utils.clip_grad_norm_: all gradients times min(1, max_norm / (norm + 1e-6)).
 * @returns what gives the gradient that an update is made with, by its name
 */
function clipping(
  tensors: ExpectedTensors,
  { normParts, clipNorm }: StepSettings,
  put: Put,
): (gradient: string) => Expected {
  if (normParts === null) return (name) => tensors.get(name)!;
  const squares = normParts(tensors).map((part) => sumOfProducts(part.map((g) => [g, g])));
  put('squared norms', { rows: 1, columns: squares.length, balls: squares });
  const norm = squareRoot(sumOfProducts(squares.map((square) => [square, exact(1)])));
  const divisor = add(norm, constant(1e-6));
  const factor = clipNorm === null ? exact(1) : atMostOne(divide(constant(clipNorm), divisor));
  return (name) =>
    put(
      `clipped ${name}`,
      map(tensors.get(name)!, (g) => multiply(factor, g)),
    );
}

/** torch.optim.SGD with momentum, or SGDW (Loshchilov & Hutter 2019); the formula of shaders/lib/sgd.wgsl. */
function sgd({ p, m, v }: Trainable, gradient: Expected, settings: StepSettings): Trainable {
  const { learningRate, momentum, weightDecay, decay } = settings;
  const [coupled, decoupled] = decay === 'l2' ? [weightDecay, 0] : [0, weightDecay];
  const [rate, shrink] = [constant(learningRate), constant(1 - learningRate * decoupled)];
  const [pull, keep] = [constant(coupled), constant(momentum)];
  const next = gradient.balls.map((g, i) => {
    const whole = coupled === 0 ? g : add(g, multiply(pull, p.balls[i]!));
    return add(multiply(keep, m.balls[i]!), whole);
  });
  const moved = next.map((each, i) => subtract(multiply(shrink, p.balls[i]!), multiply(rate, each)));
  return { p: { ...p, balls: moved }, m: { ...m, balls: next }, v };
}

/** The target of a row (Szegedy et al. 2016, section 7), and the mean by it of distances, one per class. */
function aim(distances: readonly Ball[], label: number, smoothing: number) {
  if (smoothing === 0)
    return { distance: distances[label]!, target: distances.map((_, j) => exact(j === label ? 1 : 0)) };
  const epsilon = constant(smoothing);
  const share = divide(epsilon, exact(distances.length));
  const rest = subtract(exact(1), epsilon);
  const own = multiply(rest, distances[label]!);
  return {
    distance: distances.reduce((sum, each) => add(sum, multiply(share, each)), own),
    target: distances.map((_, j) => (j === label ? add(rest, share) : share)),
  };
}

/** Loshchilov & Hutter 2019, algorithm 2, with bias corrections; the formula of shaders/lib/adamw.wgsl. */
function adamw({ p, m, v }: Trainable, gradient: Expected, step: number, settings: StepSettings): Trainable {
  const { beta1, beta2, learningRate, weightDecay } = settings;
  const [coupled, decoupled] = settings.decay === 'l2' ? [weightDecay, 0] : [0, weightDecay];
  const epsilon = constant(settings.epsilon);
  const rate = multiply(constant(learningRate), constant(1 / (1 - beta1 ** (step + 1))));
  const correction = constant(1 / Math.sqrt(1 - beta2 ** (step + 1)));
  const shrink = constant(1 - learningRate * decoupled);
  const pull = constant(coupled);
  const [keep1, take1] = [constant(beta1), constant(1 - beta1)];
  const [keep2, take2] = [constant(beta2), constant(1 - beta2)];
  const gradients = gradient.balls.map((g, i) => (coupled === 0 ? g : add(g, multiply(pull, p.balls[i]!))));
  const first = gradients.map((g, i) => add(multiply(keep1, m.balls[i]!), multiply(take1, g)));
  const second = gradients.map((g, i) => add(multiply(keep2, v.balls[i]!), multiply(multiply(take2, g), g)));
  const next = first.map((mean, i) => {
    const root = add(multiply(squareRoot(second[i]!), correction), epsilon);
    return subtract(multiply(shrink, p.balls[i]!), divide(multiply(rate, mean), root));
  });
  return { p: { ...p, balls: next }, m: { ...m, balls: first }, v: { ...v, balls: second } };
}
