/** What doctor asks of the adapters, in order. Each answer is a record: it survives a later crash. */
import { EngineError } from '../../base/errors.js';
import { openGpu, PassTimer, type Gpu } from '../../gpu/index.js';
import { surveyAdapters, type SurveyedAdapter } from '../../gpu/survey.js';
import { platform } from '../../platform/index.js';
import { runKnownAnswer, type KnownAnswer } from '../../check/known-answer.js';

/** What the probe answers, by the stage that it has reached. */
export interface Answers {
  /** The native module has been loaded. */
  readonly loaded: object;
  readonly listed: { readonly adapters: readonly SurveyedAdapter[] };
  readonly opened: Pick<Gpu, 'description' | 'software'> & { readonly subgroupSize: number | null };
  readonly 'known-answer': KnownAnswer & { readonly seconds: number };
  readonly timestamps: { readonly timestamps: Timestamps | null };
  readonly failed: Readonly<Record<'kind' | 'message', string> & Record<'found' | 'remedy', string | null>>;
  readonly ended: object;
}
export type Stage = keyof Answers;

/** One answer of the probe. */
export type ProbeRecord = { [S in Stage]: { readonly stage: S } & Answers[S] }[Stage];

export interface Timestamps {
  /** What the clock counts in: the greatest common divisor of all differences. Null: it stands still. */
  readonly resolutionNs: number | null;
  /** The median of the time that an empty pass takes, in nanoseconds. */
  readonly passNs: number;
}

/**
 * Asks everything and reports it.
 * @throws EngineError `no-adapter` only where the native module does not load
 */
export async function probe(
  adapter: string | undefined,
  report: (record: ProbeRecord) => void,
): Promise<void> {
  await platform.webgpu({});
  report({ stage: 'loaded' });
  try {
    report({ stage: 'listed', adapters: await surveyAdapters() });
    const gpu = await openGpu(adapter === undefined ? {} : { adapter });
    const { description, software, traits } = gpu;
    report({ stage: 'opened', description, software, subgroupSize: traits.subgroupSize });
    const started = performance.now();
    const answer = await runKnownAnswer(gpu);
    report({ stage: 'known-answer', seconds: (performance.now() - started) / 1000, ...answer });
    report({ stage: 'timestamps', timestamps: gpu.timestamps ? await measureTimestamps(gpu) : null });
    gpu.close();
  } catch (error) {
    const known = error instanceof EngineError ? error : undefined;
    report({
      stage: 'failed',
      kind: known?.kind ?? 'bug',
      message: error instanceof Error ? error.message : String(error),
      found: known?.found ?? null,
      remedy: known?.remedy ?? null,
    });
  }
  report({ stage: 'ended' });
}

const timedPasses = 64;

async function measureTimestamps(gpu: Gpu): Promise<Timestamps> {
  const timer = new PassTimer(gpu, timedPasses);
  try {
    const encoder = gpu.device.createCommandEncoder({ label: 'timestamps' });
    for (let i = 0; i < timedPasses; i++) encoder.beginComputePass(timer.next()).end();
    timer.encodeResolve(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const times = await timer.read();
    const passes = times.map(({ begin, end }) => Number(end - begin)).sort((a, b) => a - b);
    return {
      resolutionNs: resolutionOf(times.flatMap(({ begin, end }) => [begin, end])),
      passNs: passes[Math.floor(passes.length / 2)]!,
    };
  } finally {
    timer.release();
  }
}

/** The greatest common divisor of the differences between timestamps; null if there are none. */
export function resolutionOf(timestamps: readonly bigint[]): number | null {
  let divisor = 0n;
  for (const timestamp of timestamps) {
    let [a, b] = [divisor, timestamp - timestamps[0]!];
    if (b < 0n) b = -b;
    while (b !== 0n) [a, b] = [b, a % b];
    divisor = a;
  }
  return divisor === 0n ? null : Number(divisor);
}
