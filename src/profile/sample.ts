import { EngineError } from '../base/errors.js';
import type { Gpu, PassTimer } from '../gpu/index.js';
import type { Program } from '../graph/index.js';

/** A program of one dispatch that is timed again and again. */
export interface Candidate {
  readonly program: Program;
  /** Dispatches in a sample. */
  count: number;
  /** The last figure, in milliseconds per dispatch; 0 before the first. */
  ms: number;
}

export interface Sampling {
  readonly gpu: Gpu;
  /** Null without timestamps: the host's clock then stands in for the adapter's. */
  readonly timer: PassTimer | null;
  readonly signal: AbortSignal | undefined;
}

/** More dispatches than this are not put into one submit. */
const mostDispatches = 16_384;

/** A sample may have so many times the dispatches of the one before: a short one says little of a long one. */
const [known, growth] = [4, 16];

/** Finds how many dispatches last about `sampleMs`; the first run compiles. */
export async function calibrate(sampling: Sampling, candidate: Candidate, sampleMs: number): Promise<void> {
  await sample(sampling, candidate);
  for (let isKnown = false; !isKnown;) {
    const ms = await sample(sampling, candidate);
    const wanted = Math.max(1, Math.min(mostDispatches, Math.round(sampleMs / ms)));
    isKnown = wanted <= known * candidate.count;
    candidate.count = Math.min(wanted, growth * candidate.count);
  }
}

/**
 * Runs a candidate's dispatches back to back and waits for them.
 * @returns milliseconds per dispatch: by the adapter's clock if it has one, which leaves out the host's part and its wait
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
export async function sample({ gpu, timer, signal }: Sampling, candidate: Candidate): Promise<number> {
  if (signal?.aborted === true) throw new EngineError('interrupted', 'interrupted between two samples');
  const { program, count } = candidate;
  const encoder = gpu.device.createCommandEncoder({ label: `${count} dispatches` });
  const pass = encoder.beginComputePass(timer?.next());
  for (let i = 0; i < count; i++) program.encode(pass, 0, 1);
  pass.end();
  timer?.encodeResolve(encoder);
  const commands = encoder.finish();
  const started = performance.now();
  gpu.device.queue.submit([commands]);
  const onAdapter = timer === null ? await waitForHost(gpu) : await readTime(timer);
  candidate.ms = (onAdapter ?? performance.now() - started) / count;
  return candidate.ms;
}

async function waitForHost(gpu: Gpu): Promise<null> {
  await gpu.done();
  return null;
}

/** Milliseconds of the one pass; null if its timestamps make no sense. */
async function readTime(timer: PassTimer): Promise<number | null> {
  const [time] = await timer.read();
  const ms = Number(time!.end - time!.begin) / 1e6;
  return ms > 0 ? ms : null;
}
