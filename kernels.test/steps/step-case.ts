import { Random, streams } from '../../src/base/philox.js';
import type { Graph } from '../../src/graph/index.js';
import type { StepRecord, TrialRecord } from '../../src/kernels/index.js';
import { initialParameters, trainingGraph } from '../../src/model/index.js';
import type { DropoutDraw } from '../reference/dropout_mask.js';
import { dropoutByLayer } from '../../src/train/settings.js';
import { packArena, type State, type StepSetup } from './device-step.js';
import type { Optimizer } from './expected-update.js';

/** One network with everything that a training step needs, made from a seed. */
export interface StepCase {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly classes: number;
  readonly batch: number;
  /** Samples of the batch; fewer than `batch` for a short one. */
  readonly rows: number;
  /** After the first hidden layer, or after each one. */
  readonly dropout: number | readonly number[];
  readonly decay: 'decoupled' | 'l2';
  readonly labelSmoothing?: number;
  readonly optimizer?: Optimizer;
  readonly clipNorm?: number;
}

const samples = 40;
const TEST_STREAM = 96;

/**
 * Images of which a third is black, as KMNIST's are in part; labels; and a state in the middle of a training.
 */
export function makeCase(
  given: StepCase,
  trials = 1,
): Omit<StepSetup, 'traits' | 'fuse'> & { readonly dropoutDraws: readonly DropoutDraw[] } {
  const { inputs, hidden, classes, batch, rows, decay, labelSmoothing = 0 } = given;
  const { optimizer = 'adamw', clipNorm = null } = given;
  const dropout = dropoutByLayer(given);
  const random = new Random(17, TEST_STREAM);
  const draw = (length: number, value: () => number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length }, value);
  const images = Uint8Array.from({ length: samples * inputs }, () =>
    random.uniform() < 1 / 3 ? 0 : random.below(256),
  );
  const labels = Uint8Array.from({ length: samples }, () => random.below(classes));
  const graph = trainingGraph(
    {
      inputs,
      hidden,
      classes,
      dropout: dropout.flatMap((p, layer) => (p > 0 ? [layer] : [])),
      labelSmoothing: labelSmoothing > 0,
    },
    { samples, indices: samples, batch, slots: 8 },
    { optimizer, clips: clipNorm !== null },
  );
  const moments = (scale: number, signed: boolean): Float32Array<ArrayBuffer> =>
    packArena(
      graph,
      graph.parameters.map(({ value }) =>
        draw(
          value.rows * value.columns,
          () => scale * (signed ? 2 * random.uniform() - 1 : random.uniform()),
        ),
      ),
    );
  const states = Array.from({ length: trials }, (_, trial): State => ({
    parameters: initialParameters(graph, 5 + trial),
    first_moments: moments(1e-2, true),
    second_moments: moments(1e-4, false),
  }));
  const indices = states.map(() => random.shuffle(Uint32Array.from({ length: samples }, (_, i) => i)));
  const record: TrialRecord = {
    index: 0,
    seed: 0x1234_5678_9abc,
    dropout,
    learningRate: 1e-2,
    weightDecay: 0.1,
    decay,
    labelSmoothing,
    clipNorm,
    momentum: optimizer === 'sgd' ? 0.9 : 0,
  };
  const step: StepRecord = { number: 41, slot: 3, offset: 2, rows };
  return {
    graph,
    images,
    labels,
    indices,
    states,
    steps: [step],
    records: states.map((_, index) => ({ ...record, index, seed: record.seed + index })),
    dropoutDraws: dropout.map((probability, layer): DropoutDraw => {
      const seed = [record.seed % 2 ** 32, Math.floor(record.seed / 2 ** 32)] as const;
      return { probability, seed, step: step.number, layer, stream: streams.dropout };
    }),
  };
}

/** The batch of a step as the reference takes it: x [rows, inputs] and labels [rows]. */
export function batchOf(
  { graph, images, labels, indices }: Pick<StepSetup, 'graph' | 'images' | 'labels' | 'indices'>,
  step: StepRecord,
  trial = 0,
): { readonly x: Float64Array; readonly labels: Uint8Array } {
  const pixels = imagePixels(graph);
  const chosen = [...indices[trial]!.subarray(step.offset, step.offset + step.rows)];
  return {
    x: Float64Array.from(
      chosen.flatMap((index) => [...images.subarray(index * pixels, (index + 1) * pixels)]),
      (byte) => byte / 255,
    ),
    labels: Uint8Array.from(chosen, (index) => labels[index]!),
  };
}

const imagePixels = (graph: Graph): number => graph.tensors.find(({ name }) => name === 'images')!.columns;
