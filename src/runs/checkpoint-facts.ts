/** What the metadata of a checkpoint says, checked. */
import { platform } from '../platform/index.js';
import { badFile, shown } from '../base/bad-file.js';
import type { SafetensorsFile } from '../formats/safetensors.js';
import { checkTrial } from '../train/settings.js';
import type { Trial, TrialResult } from '../train/types.js';

/** Whose state a checkpoint holds, where it stands, and what it was trained with. */
export interface TrialFacts {
  readonly trial: Trial;
  readonly epoch: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly seconds: number;
  readonly stopped: 'early' | 'completed' | null;
  readonly experiment: string;
  readonly dataset: { readonly name: string; readonly sha256: string };
  readonly adapter: string;
  readonly version: string;
  readonly kernels: TrialResult['kernels'] | null;
}

/** @throws EngineError `bad-file` naming the entry */
export function parseTrialFacts(metadata: SafetensorsFile['metadata'], path: string): TrialFacts {
  const wrong = (key: string, expected: string): Error =>
    badFile(path, `its ${key} makes no sense`, {
      found: shown(metadata.get(key) ?? null),
      expected,
      remedy: 'bring it back from a copy, or train again',
    });
  const text = (key: string): string => {
    const value = metadata.get(key);
    if (value === undefined) throw wrong(key, 'a text');
    return value;
  };
  const whole = (key: string): number => {
    const value = Number(text(key));
    if (!/^\d+$/.test(text(key)) || !Number.isSafeInteger(value)) throw wrong(key, 'a whole number from 0');
    return value;
  };
  const json = (key: string): unknown => {
    try {
      return JSON.parse(text(key));
    } catch {
      throw wrong(key, 'JSON');
    }
  };
  const seconds = Number(text('seconds'));
  if (!(seconds >= 0 && seconds < Infinity)) throw wrong('seconds', 'a number from 0');
  const stopped = text('stopped');
  if (stopped !== 'no' && stopped !== 'early' && stopped !== 'completed')
    throw wrong('stopped', 'no, early or completed');
  const configSha256 = platform.sha256(text('config'));
  if (text('config_sha256') !== configSha256) throw wrong('config_sha256', `${configSha256}, of its config`);
  const config = json('config');
  const dataset = json('dataset');
  const kernels = json('kernels');
  if (!isDataset(dataset)) throw wrong('dataset', 'a name and a sha256');
  if (kernels !== null && !isKernels(kernels)) throw wrong('kernels', 'lists of kernels');
  const trial = { variant: text('variant'), seed: whole('seed'), config: config as Trial['config'] };
  try {
    checkTrial(trial);
  } catch {
    throw wrong('config', 'the settings of a trial');
  }
  return {
    trial,
    epoch: whole('epoch'),
    step: whole('step'),
    stepsPerEpoch: whole('steps_per_epoch'),
    seconds,
    stopped: stopped === 'no' ? null : stopped,
    experiment: text('experiment'),
    dataset,
    adapter: text('adapter'),
    version: text('wgsl-train'),
    kernels,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isDataset(value: unknown): value is TrialFacts['dataset'] {
  return isRecord(value) && typeof value.name === 'string' && typeof value.sha256 === 'string';
}

function isKernels(value: unknown): value is TrialResult['kernels'] {
  const isList = (list: unknown): boolean =>
    Array.isArray(list) && list.every((line) => typeof line === 'string');
  return isRecord(value) && isList(value.training) && isList(value.evaluation);
}
