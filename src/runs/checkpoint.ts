/** Weights of a trial as files. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../base/errors.js';
import { encodeSafetensors, parseSafetensors, type SafetensorsFile } from '../formats/safetensors.js';
import type { NamedParameters, Trial, TrialWeights } from '../train/types.js';
import { runFiles, trialFolder } from './layout.js';
import { replaceFile } from './replace-file.js';

/** The weights that the results are measured with, or those after the last epoch. */
export type Which = 'best' | 'last';

/**
 * Version of what a checkpoint holds:
 * 1: parameters as float32 under the engine's names, weights [in, out].
 */
const format = '1';

/** Writes `best` and, where another epoch was the last, `last`. @param directory of the run */
export function saveCheckpoints(directory: string, weights: TrialWeights, facts: Facts): void {
  const { trial, best, last } = weights;
  const folder = join(directory, runFiles.checkpoints, trialFolder(trial.variant, trial.seed));
  mkdirSync(folder, { recursive: true });
  save(join(folder, 'best.safetensors'), trial, best, facts);
  if (last.epoch !== best.epoch) save(join(folder, 'last.safetensors'), trial, last, facts);
}

/** What a checkpoint says of the run that it comes from. */
export interface Facts {
  readonly experiment: number | string;
  readonly dataset: { readonly name: string; readonly sha256: string };
  readonly adapter: string;
  readonly version: string;
}

function save(path: string, trial: Trial, weights: TrialWeights['best'], facts: Facts): void {
  const metadata = new Map([
    ['format', format],
    ['wgsl-train', facts.version],
    ['experiment', String(facts.experiment)],
    ['variant', trial.variant],
    ['seed', String(trial.seed)],
    ['epoch', String(weights.epoch)],
    ['config', JSON.stringify(trial.config)],
    ['dataset', JSON.stringify(facts.dataset)],
    ['adapter', facts.adapter],
  ]);
  replaceFile(path, encodeSafetensors(weights.parameters, metadata));
}

/** A checkpoint that was read. */
export interface Checkpoint {
  readonly path: string;
  readonly epoch: number;
  readonly parameters: NamedParameters;
  readonly metadata: SafetensorsFile['metadata'];
}

/**
 * Reads the weights of a trial.
 * @param directory of the run
 * @throws EngineError `no-data` if there are none, `bad-file` if they are damaged or of another format
 */
export function readCheckpoint(
  directory: string,
  { variant, seed, which = 'best' }: { variant: string; seed: number; which?: Which },
): Checkpoint {
  const folder = join(directory, runFiles.checkpoints, trialFolder(variant, seed));
  // The last epoch may be the best.
  const names = which === 'best' ? ['best'] : ['last', 'best'];
  for (const name of names) {
    const path = join(folder, `${name}.safetensors`);
    const bytes = bytesOf(path);
    if (bytes !== null) return parseCheckpoint(bytes, path);
  }
  throw new EngineError('no-data', `there is no checkpoint of ${variant}, seed ${seed}`, {
    found: `no ${join(folder, `${which}.safetensors`)}`,
    expected: 'a run that trained this variant with this seed',
    remedy: 'see summary.json of the run for its variants and seeds',
  });
}

/** @param path for messages. @throws EngineError `bad-file` */
export function parseCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const { tensors, metadata } = parseSafetensors(bytes, path);
  const wrong = (what: string, found: string, expected: string): EngineError =>
    new EngineError('bad-file', `${path}: ${what}`, {
      found,
      expected,
      remedy: 'name a run of this version of wgsl-train, or train again',
    });
  if (metadata.get('format') !== format)
    throw wrong('it is no checkpoint that this version reads', `format ${metadata.get('format')}`, format);
  const epoch = Number(metadata.get('epoch'));
  if (!Number.isSafeInteger(epoch) || epoch < 1)
    throw wrong('its epoch makes no sense', String(metadata.get('epoch')), 'a whole number from 1');
  const parameters = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for (const [name, { shape, data }] of tensors) {
    if (!(data instanceof Float32Array))
      throw wrong(`parameter ${name} is of another type`, data.constructor.name, 'Float32Array');
    parameters.set(name, { shape, data });
  }
  return { path, epoch, parameters, metadata };
}

function bytesOf(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new EngineError('no-data', `${path} cannot be read`, {
      found: cause instanceof Error ? cause.message : String(cause),
      remedy: 'check the permissions',
      cause,
    });
  }
}
