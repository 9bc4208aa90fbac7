/** Times every variant of the matrix products of a training step: each op by itself, in a program of one dispatch. */
import { Random, streams } from '../../base/philox.js';
import { PassTimer, storageBuffer, write, type Gpu } from '../../gpu/index.js';
import {
  createProgram,
  createTables,
  operands,
  planStep,
  type Graph,
  type Op,
  type Plan,
  type PlannedDispatch,
  type Tables,
  type Tensor,
} from '../../graph/index.js';
import {
  elements,
  packSteps,
  runnableVariants,
  type ProductShape,
  type ProductVariant,
} from '../../kernels/index.js';
import { fillStep, planMeasuredStep, type StepWork } from './measure.js';
import { calibrate, sample, type Candidate } from './tune-sample.js';

/** What the rounds measured of one variant. */
export interface VariantTimes {
  readonly variant: ProductVariant;
  /** Microseconds per dispatch, one figure per round. */
  readonly us: readonly number[];
}

/** What was measured of one product. */
export interface ProductTimes {
  /** The ops of the step that make it. */
  readonly ops: readonly string[];
  readonly product: ProductShape;
  /** Per dispatch, as the plan counts them. */
  readonly flops: number;
  /** What the rules choose. */
  readonly rule: ProductVariant;
  /** Every variant that kernel and adapter can do. */
  readonly variants: readonly VariantTimes[];
}

export interface TuneOptions {
  /** In each, every variant of a product is timed once; the next round begins with another one. */
  readonly rounds: number;
  /** How long a sample is made to last, unless a single dispatch takes longer. */
  readonly sampleMs?: number;
  readonly signal?: AbortSignal;
  readonly onProduct?: (ops: readonly string[], index: number, count: number) => void;
}

/** Long beside a submit and a wait (about 0.1 ms), short beside the drift of a shared machine. */
const standardSampleMs = 40;

/**
 * Times the products of a fused training step, variant by variant. What is measured is an op as a step has it, fused epilogue
 * included, on random data; each sample replays it back to back.
 * @throws EngineError `usage` if the step does not fit the device, `interrupted`, or the first error of the GPU
 */
export async function timeVariants(gpu: Gpu, work: StepWork, options: TuneOptions): Promise<ProductTimes[]> {
  const planned = planMeasuredStep(work, gpu.traits);
  const given = new Map<string, GPUBuffer>();
  const tables = createTables(gpu, 1);
  try {
    for (const { name, storage, bytes } of planned.plan.buffers) {
      if (storage !== 'transient') given.set(name, storageBuffer(gpu, name, bytes));
    }
    fillStep(gpu, work, planned, given, tables);
    const step = { number: 0, slot: 0, offset: 0, rows: work.batchSize };
    write(gpu, tables.steps, new Uint8Array(packSteps([step])));
    const products = distinctProducts(planned.plan);
    const times: ProductTimes[] = [];
    for (const [index, dispatches] of products.entries()) {
      const ops = dispatches.map(({ op }) => op.name);
      options.onProduct?.(ops, index, products.length);
      times.push({ ops, ...(await timeProduct(gpu, planned.graph, dispatches[0]!, given, tables, options)) });
    }
    return times;
  } finally {
    for (const buffer of [...given.values(), tables.steps, tables.trials]) gpu.release(buffer);
  }
}

/** The dispatches that have a product, those of the same kernel and shape together. */
function distinctProducts({ dispatches }: Plan): PlannedDispatch[][] {
  const byShape = new Map<string, PlannedDispatch[]>();
  for (const dispatch of dispatches) {
    const { product } = dispatch.configuration;
    if (product === undefined) continue;
    const key = JSON.stringify(product);
    byShape.set(key, [...(byShape.get(key) ?? []), dispatch]);
  }
  return [...byShape.values()];
}

/** A variant ready to run, and its figures. */
interface VariantCandidate extends Candidate {
  readonly variant: ProductVariant;
  readonly us: number[];
}

async function timeProduct(
  gpu: Gpu,
  graph: Graph,
  { op, configuration }: PlannedDispatch,
  given: ReadonlyMap<string, GPUBuffer>,
  tables: Tables,
  options: TuneOptions,
): Promise<Omit<ProductTimes, 'ops'>> {
  const own = new Map<string, GPUBuffer>();
  const candidates: VariantCandidate[] = [];
  const timer = gpu.timestamps ? new PassTimer(gpu, 1) : null;
  try {
    const alone = makeResident(gpu, op, own);
    for (const variant of runnableVariants(gpu.traits)) {
      const traits = { ...gpu.traits, tuning: [{ variant }] };
      const plan = planStep({ ...graph, ops: [alone] }, traits, { trials: 1, fuse: false });
      // Not every kernel can take every variant.
      if (plan.dispatches[0]!.configuration.variant !== variant) continue;
      const program = await createProgram(gpu, plan, new Map([...given, ...own]), tables);
      candidates.push({ variant, program, count: 1, ms: 0, us: [] });
    }
    const sampling = { gpu, timer, signal: options.signal };
    const sampleMs = options.sampleMs ?? standardSampleMs;
    for (const candidate of candidates) await calibrate(sampling, candidate, sampleMs);
    for (let round = 0; round < options.rounds; round++) {
      for (let turn = 0; turn < candidates.length; turn++) {
        const candidate = candidates[(round + turn) % candidates.length]!;
        candidate.us.push(1000 * (await sample(sampling, candidate)));
      }
    }
    return {
      product: configuration.product!,
      flops: configuration.flops,
      rule: configuration.variant!,
      variants: candidates.map(({ variant, us }) => ({ variant, us })),
    };
  } finally {
    for (const { program } of candidates) program.release();
    for (const buffer of own.values()) gpu.release(buffer);
    timer?.release();
  }
}

/**
 * The op with buffers in `own` for the values that live within a step, all of them random in -1..1: all variants share them, and
 * their data.
 */
function makeResident(gpu: Gpu, op: Op, own: Map<string, GPUBuffer>): Op {
  const random = new Random(0, streams.synthetic, 1);
  const resident = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        tensor.storage === 'transient' ? { ...tensor, storage: 'persistent' } : tensor,
      ]),
    );
  const alone = {
    ...op,
    reads: resident(op.reads),
    writes: resident(op.writes),
    updates: resident(op.updates),
  };
  for (const [, tensor] of operands(op)) {
    if (tensor.storage !== 'transient') continue;
    const buffer = storageBuffer(gpu, tensor.name, 4 * elements(tensor));
    own.set(tensor.name, buffer);
    write(
      gpu,
      buffer,
      Float32Array.from({ length: buffer.size / 4 }, () => 2 * random.uniform() - 1),
    );
  }
  return alone;
}
