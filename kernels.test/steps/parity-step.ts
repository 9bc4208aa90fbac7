/**
 * The engine's training step on the states and batches of a PyTorch fixture: each run of the fixture is a
 * trial.
 */
import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import { type Graph, metricsTiles, plainTrial } from '../../src/graph/index.js';
import { type ProductVariant, runnableVariants } from '../../src/kernels/index.js';
import { trainingGraph, unpackParameter } from '../../src/model/index.js';
import type { Fixture, FixtureStep, State } from '../fixtures/types.js';
import { type DeviceStep, packArena, prepareStep } from './device-step.js';

/** One way of running a graph. */
export interface Form {
  readonly name: string;
  /** The variant that is forced; null for what the rules choose. */
  readonly variant: ProductVariant | null;
  readonly traits: AdapterTraits;
  readonly fuse: boolean;
}

/** What a step left on the device, for one run. */
export interface StepResult {
  readonly loss: number;
  /** Per parameter, all elements; null where the update is fused with the gradient. */
  readonly gradients: readonly Float32Array[] | null;
  readonly after: Readonly<Record<'p' | 'm' | 'v', readonly Float32Array[]>>;
}

/**
 * Fused and not fused: first with the variants that the rules choose, then with every variant wherever it can
 * be used.
 */
export function formsOn(gpu: Gpu): Form[] {
  const chosen = { name: 'chosen variants', variant: null, traits: gpu.traits };
  const forced = runnableVariants(gpu.traits).map((variant) => ({
    name: `variant ${variant}`,
    variant,
    traits: { ...gpu.traits, tuning: [{ variant }] },
  }));
  return [chosen, ...forced].flatMap(({ name, variant, traits }): Form[] => [
    { name: `${name}, fused`, variant, traits, fuse: true },
    { name: `${name}, not fused`, variant, traits, fuse: false },
  ]);
}

/** Which arena holds p, m and v. */
const arenas = { p: 'parameters', m: 'first_moments', v: 'second_moments' } as const;

/**
 * A network of a fixture's widths on `batches` batches; the samples of each trial lie one behind the other.
 */
export function parityGraph(fixture: Fixture, trials: number, batches: number): Graph {
  const { widths, rows, labelSmoothing } = fixture;
  const [inputs, classes] = [widths[0]!, widths.at(-1)!];
  return trainingGraph(
    {
      inputs,
      hidden: widths.slice(1, -1),
      classes,
      dropout: false,
      labelSmoothing: labelSmoothing > 0,
    },
    { samples: trials * batches * rows, indices: batches * rows, batch: rows, slots: batches },
  );
}

/**
 * @param runs per trial, the steps whose batches and settings it takes, one after the other
 * @param before per trial, the state before the first one
 */
export async function prepareParity(
  gpu: Gpu,
  fixture: Fixture,
  graph: Graph,
  form: Form,
  runs: readonly (readonly FixtureStep[])[],
  before: readonly State[],
): Promise<DeviceStep> {
  const { rows, labelSmoothing } = fixture;
  const steps = runs.flat();
  const perTrial = runs[0]!.length * rows;
  // Runs may share the state that they start from.
  const packed = new Map(
    [...new Set(before)].map((state) => {
      const [p, m, v] = [state.p, state.m, state.v].map((values) => packArena(graph, values));
      return [state, { parameters: p!, first_moments: m!, second_moments: v! }];
    }),
  );
  return prepareStep(gpu, {
    graph,
    traits: form.traits,
    fuse: form.fuse,
    images: Buffer.concat(steps.map(({ pixels }) => pixels)),
    labels: Buffer.concat(steps.map(({ labels }) => labels)),
    indices: runs.map((_, trial) => Uint32Array.from({ length: perTrial }, (__, i) => trial * perTrial + i)),
    states: before.map((state) => packed.get(state)!),
    steps: runs[0]!.map(({ settings }, slot) => ({
      number: settings.step - 1,
      slot,
      offset: slot * rows,
      rows,
    })),
    records: runs.map(([step], index) => {
      const { learningRate, weightDecay, decay } = step!.settings;
      return { ...plainTrial, index, labelSmoothing, learningRate, weightDecay, decay };
    }),
  });
}

/** Reads one trial of a device that has run one step. */
export async function readResult(
  device: DeviceStep,
  graph: Graph,
  rows: number,
  trial: number,
): Promise<StepResult> {
  const all = async (arena: string): Promise<Float32Array[]> => {
    const slice = await device.read(arena, trial);
    return graph.parameters.map((parameter) => unpackParameter(parameter, slice));
  };
  return {
    loss: (await readLosses(device, rows, trial))[0]!,
    gradients: device.has('gradients') ? await all('gradients') : null,
    after: { p: await all(arenas.p), m: await all(arenas.m), v: await all(arenas.v) },
  };
}

/** The mean loss of each batch: the sums of its tiles over its rows. */
export async function readLosses(device: DeviceStep, rows: number, trial: number): Promise<Float64Array> {
  const metrics = await device.read('metrics', trial);
  const tiles = metricsTiles(rows);
  return Float64Array.from({ length: Math.floor(metrics.length / (2 * tiles)) }, (_, slot) => {
    let sum = 0;
    for (let tile = 0; tile < tiles; tile++) sum += metrics[2 * (slot * tiles + tile)]!;
    return sum / rows;
  });
}
