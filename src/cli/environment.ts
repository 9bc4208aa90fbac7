/** environment.json: what a run ran on and with. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BufferLimits } from '../gpu/index.js';
import type { Session } from './engine.js';
import type { NamedTuning } from '../runs/tuning-file.js';
import { platform } from '../platform/index.js';

/** @param raisedLimits what the trainings ask of the adapter above WebGPU's default limits */
export function runEnvironment(
  session: Pick<Session, 'adapter' | 'environment'>,
  raisedLimits: Partial<BufferLimits>,
  tuning: NamedTuning | null,
  argv: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    schema: 1,
    started: new Date().toISOString(),
    command: argv,
    adapter: { ...session.adapter, ...session.environment, raisedLimits },
    tuning: tuning && { file: tuning.file, sha256: tuning.sha256, entries: tuning.tuning.entries },
    versions: platform.versions(),
    source: sourceState(),
    system: {
      platform: process.platform,
      arch: process.arch,
      release: release(),
      processors: cpus().length,
      processor: cpus()[0]?.model ?? null,
      memoryBytes: totalmem(),
    },
  };
}

/** What a run promises to be the same another time, and on which conditions, so that these can be checked. */
export function reproducible(
  session: Pick<Session, 'adapter' | 'environment'>,
  tuning: NamedTuning | null,
  config: unknown,
  dataset: { readonly sha256: string },
  fused: boolean,
): Readonly<Record<string, unknown>> {
  const { 'wgsl-train': own, webgpu } = platform.versions();
  return {
    same: 'bit by bit: weightsSha256, history, test figures and confusion of every run, and all tensors of its checkpoints',
    whether: 'trained at once, resumed, alone, beside other trials, or again',
    given: {
      configSha256: createHash('sha256').update(JSON.stringify(config)).digest('hex'),
      datasetSha256: dataset.sha256,
      adapter: session.adapter.description,
      driver: session.environment.driver ?? null,
      versions: { 'wgsl-train': own, webgpu },
      fused,
      tuningSha256: tuning?.sha256 ?? null,
    },
    notCovered: 'times; other adapters, drivers and versions, which may add in another order',
  };
}

/** The commit that this program was built from, if it lies in its repository. */
function sourceState(): { readonly commit: string; readonly modified: boolean } | null {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  if (!existsSync(`${root}.git`)) return null;
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', root, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return {
      commit: git('rev-parse', 'HEAD'),
      modified: git('status', '--porcelain', '--untracked-files=no') !== '',
    };
  } catch {
    // No git here, or a repository that it does not trust.
    return null;
  }
}
