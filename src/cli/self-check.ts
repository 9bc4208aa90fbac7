/** The check before a training: run where the adapter has not passed it before, told in one line. */
import { cacheDirectory } from '../data/cache.js';
import type { SelfCheckOptions } from '../check/self-check.js';
import type { PlannedTraining } from '../train/plan-training.js';
import type { Session } from './engine.js';
import type { Output } from '../base/output.js';
import { readPassed, writePassed, type CheckIdentity } from '../runs/self-check-cache.js';
import { platform } from '../platform/index.js';

/** What environment.json says of it. */
export interface SelfCheckRecord {
  /** Every kernel of the training with its variant. */
  readonly kernels: readonly string[];
  /** When they computed rightly; the oldest time where they differ. An ISO date and time. */
  readonly checked: string;
  readonly cached: boolean;
  readonly seconds: number | null;
}

export function checkIdentity({
  adapter,
  environment,
}: Pick<Session, 'adapter' | 'environment'>): CheckIdentity {
  const { 'wgsl-train': version, webgpu } = platform.versions();
  const { platform: system, arch } = process;
  return { adapter, environment, versions: { 'wgsl-train': version, webgpu }, platform: system, arch };
}

/**
 * Makes sure that the adapter computes rightly with every kernel that a training will use: a check of some
 * tenths of a second, remembered in the cache directory. Only what passed is remembered.
 * @param directory of the cache
 * @throws EngineError `wrong-result` naming the kernel, what it gave and what it must give
 */
export async function checkKernels(
  session: Session,
  training: PlannedTraining,
  output: Output,
  directory = cacheDirectory(),
): Promise<SelfCheckRecord> {
  const identity = checkIdentity(session);
  const passed = readPassed(directory, identity);
  const started = performance.now();
  const isKnown: SelfCheckOptions['isKnown'] = ({ sha256 }) => passed.has(sha256);
  const { kernels, ran, compared, worstShare } = await session.selfCheck(training, { isKnown });
  const names = [...new Set(kernels.map(({ kernel }) => kernel))].sort();
  const now = new Date().toISOString();
  if (!ran) {
    const times = kernels.map(({ sha256 }) => passed.get(sha256)?.checked ?? now).sort();
    return { kernels: names, checked: times[0] ?? now, cached: true, seconds: null };
  }
  const seconds = (performance.now() - started) / 1000;
  writePassed(directory, identity, kernels, now);
  const count = `${names.length} ${names.length === 1 ? 'kernel' : 'kernels'}`;
  output.info(`self-check: ${count} right on this adapter, ${seconds.toFixed(1)} s`);
  output.event({ event: 'self-check', kernels: names, checked: now, seconds, compared, worstShare });
  return { kernels: names, checked: now, cached: false, seconds };
}
