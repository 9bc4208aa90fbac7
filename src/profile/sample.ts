import { EngineError } from '../base/errors.js';
import { PassTimer } from '../gpu/index.js';
import type { Program, Session } from '../graph/index.js';

/**
 * Runs a program of one dispatch so many times back to back, and waits for them.
 * @returns milliseconds per dispatch: by the adapter's clock if it has one, which leaves out the host's part
 *   and its wait
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
export type Sample = (program: Program, count: number) => Promise<number>;

/** Samples of programs of the session. */
export function createSample(session: Session, signal?: AbortSignal): Sample {
  const { gpu } = session;
  const timer = gpu.timestamps ? session.own(new PassTimer(gpu, 1)) : null;
  return async (program, count) => {
    if (signal?.aborted === true) throw new EngineError('interrupted', 'interrupted between two samples');
    const encoder = gpu.device.createCommandEncoder({ label: `${count} dispatches` });
    const pass = encoder.beginComputePass(timer?.next());
    for (let i = 0; i < count; i++) program.encode(pass, 0, 1);
    pass.end();
    timer?.encodeResolve(encoder);
    const commands = encoder.finish();
    const started = performance.now();
    gpu.device.queue.submit([commands]);
    if (timer === null) await gpu.done();
    const [time] = (await timer?.read()) ?? [];
    const host = performance.now() - started;
    const adapter = time === undefined ? 0 : Number(time.end - time.begin) / 1e6;
    // Some timestamps make no sense.
    return (adapter > 0 ? adapter : host) / count;
  };
}

/** More dispatches than this are not put into one submit. */
const mostDispatches = 16_384;

/** A sample may have so many times the dispatches of the last: a short one says little of a long one. */
const [known, growth] = [4, 16];

/** Finds how many dispatches last about `sampleMs`; the first run compiles. */
export async function calibrate(sample: Sample, program: Program, sampleMs: number): Promise<number> {
  await sample(program, 1);
  let count = 1;
  for (let isKnown = false; !isKnown;) {
    const fitting = Math.round(sampleMs / (await sample(program, count)));
    const wanted = Math.max(1, Math.min(mostDispatches, fitting));
    isKnown = wanted <= known * count;
    count = Math.min(wanted, growth * count);
  }
  return count;
}
