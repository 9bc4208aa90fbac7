/** Times every variant of a training step's matrix products, each op in a program of one dispatch. */
import { Random, streams } from '../../base/philox.js';
import type { Gpu } from '../../gpu/index.js';
import {
  firstStep,
  largestPlanned,
  operands,
  planStep,
  withSession,
  type Graph,
  type Op,
  type Plan,
  type PlannedDispatch,
  type Program,
  type Session,
  type Tensor,
} from '../../graph/index.js';
import { elements, runnableVariants, type ProductShape, type ProductVariant } from '../../kernels/index.js';
import { calibrate, createSample } from '../../profile/index.js';
import { fillStep, planMeasuredStep, trialsOf, type StepWork } from './measure.js';
import { inTurn } from './rounds.js';

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
 * Times the products of a fused training step, variant by variant. What is measured is an op as a step has
 * it, fused epilogue included, on random data; each sample replays it back to back.
 * @throws EngineError `usage` if the step does not fit the device, `interrupted`, or the first error of the
 *   GPU
 */
export async function timeVariants(
  opened: Gpu,
  work: StepWork,
  options: TuneOptions,
): Promise<ProductTimes[]> {
  const planned = planMeasuredStep(work, opened.traits);
  const gpu = await opened.forBuffers(largestPlanned([planned.plan]));
  return withSession(gpu, {}, async (step) => {
    step.buffersOf(planned.plan);
    fillStep(step, work, planned);
    const products = distinctProducts(planned.plan);
    const times: ProductTimes[] = [];
    for (const [index, dispatches] of products.entries()) {
      const ops = dispatches.map(({ op }) => op.name);
      options.onProduct?.(ops, index, products.length);
      const measured = await withSession(gpu, { given: step.buffers }, (session) => {
        session.writeSteps([{ ...firstStep, rows: work.batchSize }]);
        session.writeTrials(trialsOf(work, 1));
        return timeProduct(session, planned.graph, dispatches[0]!, options);
      });
      times.push({ ops, ...measured });
    }
    return times;
  });
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

async function timeProduct(
  session: Session,
  graph: Graph,
  { op, configuration }: PlannedDispatch,
  options: TuneOptions,
): Promise<Omit<ProductTimes, 'ops'>> {
  const { gpu } = session;
  const sample = createSample(session, options.signal);
  const candidates: { variant: ProductVariant; program: Program; count: number; us: number[] }[] = [];
  const alone = makeResident(session, op);
  for (const variant of runnableVariants(gpu.traits)) {
    const traits = { ...gpu.traits, tuning: [{ variant }] };
    const plan = planStep({ ...graph, ops: [alone] }, traits, { trials: 1, fuse: false });
    // Not every kernel can take every variant.
    if (plan.dispatches[0]!.configuration.variant !== variant) continue;
    const program = await session.program(plan);
    const count = await calibrate(sample, program, options.sampleMs ?? standardSampleMs);
    candidates.push({ variant, program, count, us: [] });
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { program, count, us } of inTurn(candidates, round))
      us.push(1000 * (await sample(program, count)));
  }
  return {
    product: configuration.product!,
    flops: configuration.flops,
    rule: configuration.variant!,
    variants: candidates.map(({ variant, us }) => ({ variant, us })),
  };
}

/**
 * The op with buffers of their own for the values that live within a step, all of them random in -1..1: all
 * variants share them, and their data.
 */
function makeResident(session: Session, op: Op): Op {
  const random = new Random(0, streams.synthetic, 1);
  const resident = (tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        tensor.storage === 'transient' ? { ...tensor, storage: 'persistent' } : tensor,
      ]),
    );
  for (const [, tensor] of operands(op)) {
    if (tensor.storage !== 'transient') continue;
    const length = elements(tensor);
    session.make(tensor.name, 4 * length);
    session.write(
      tensor.name,
      Float32Array.from({ length }, () => 2 * random.uniform() - 1),
    );
  }
  return {
    ...op,
    reads: resident(op.reads),
    writes: resident(op.writes),
    updates: resident(op.updates),
  };
}
