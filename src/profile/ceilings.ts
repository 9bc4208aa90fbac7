import type { Gpu } from '../gpu/index.js';
import {
  addOp,
  addTensor,
  createGraph,
  firstStep,
  plainTrial,
  planStep,
  withSession,
  type Graph,
} from '../graph/index.js';
import { createSample } from './sample.js';

/** What an adapter reached when it did nothing else; measured, not looked up. */
export interface Ceilings {
  /** Floating-point operations per second of multiply-adds, each counted as two. */
  readonly flopsPerSecond: number;
  /** Bytes per second of a copy, reads and writes together. */
  readonly bytesPerSecond: number;
}

/** One op on a row of `columns` elements: y = f(x). */
export function ceilingGraph(
  kernel: 'ceiling_fma' | 'ceiling_copy',
  columns: number,
  attributes: Readonly<Record<string, number>> = {},
): Graph {
  const graph = createGraph();
  const shape = { rows: 1, columns, vector: true };
  addOp(graph, {
    kernel,
    name: kernel,
    reads: { x: addTensor(graph, 'x', shape, 'persistent') },
    writes: { y: addTensor(graph, 'y', shape, 'persistent') },
    updates: {},
    attributes,
  });
  return graph;
}

/** A dispatch must last this long, so that its launch does not count. */
const longEnoughMs = 4;
const samples = 6;

/**
 * Measures both ceilings, in a fraction of a second. The best of several samples counts: a ceiling is what
 * can be reached, and other work of the machine only takes from it.
 */
export async function measureCeilings(gpu: Gpu): Promise<Ceilings> {
  // A CPU is filled by few elements; a GPU needs many to hide its latencies. Copies exceed most caches.
  const columns = gpu.software ? 2 ** 16 : 2 ** 22;
  const copied = gpu.software ? 2 ** 22 : 2 ** 24;
  let rounds = 16;
  let flops = await bestRate(gpu, ceilingGraph('ceiling_fma', columns, { rounds }), 'flops', 2);
  while (flops.ms < longEnoughMs && rounds < 2 ** 20) {
    rounds *= Math.max(2, Math.min(16, Math.ceil(longEnoughMs / Math.max(flops.ms, 0.01))));
    flops = await bestRate(gpu, ceilingGraph('ceiling_fma', columns, { rounds }), 'flops', samples);
  }
  const bytes = await bestRate(gpu, ceilingGraph('ceiling_copy', copied), 'bytes', samples);
  return { flopsPerSecond: flops.perSecond, bytesPerSecond: bytes.perSecond };
}

/** The better of two measurements, each figure for itself. */
export function higherCeilings(a: Ceilings, b: Ceilings): Ceilings {
  return {
    flopsPerSecond: Math.max(a.flopsPerSecond, b.flopsPerSecond),
    bytesPerSecond: Math.max(a.bytesPerSecond, b.bytesPerSecond),
  };
}

/** The rate of the shortest dispatch of several, and how long that took in milliseconds. */
async function bestRate(gpu: Gpu, graph: Graph, work: 'flops' | 'bytes', count: number) {
  const plan = planStep(graph, gpu.traits, { trials: 1, fuse: false });
  return withSession(gpu, {}, async (session) => {
    session.writeSteps([firstStep]);
    session.writeTrials([plainTrial]);
    const program = await session.program(plan);
    const sample = createSample(session);
    // The first run compiles, and touches the memory for the first time.
    await sample(program, 1);
    let ms = Infinity;
    for (let i = 0; i < count; i++) ms = Math.min(ms, await sample(program, 1));
    return { ms, perSecond: plan.dispatches[0]!.configuration[work] / (ms / 1000) };
  });
}
