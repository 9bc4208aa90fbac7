/* eslint-disable */
// INTERIM: until the library has these names.
import {
  createDataset,
  EngineError,
  openGpu,
  predict,
  toSafetensors,
  createTrial,
  DivergedError,
} from '../../browser.js';
import { parseDataSpec } from '../../data/spec.js';
import { synthesize } from '../../data/synthetic/index.js';
import { convertPicture } from '../../pictures/convert.js';
import { parseSafetensors } from '../../formats/safetensors.js';
export { createDataset, EngineError, openGpu, predict, toSafetensors, createTrial, DivergedError };
export { startTraining, type Training } from '../../browser.js';
export { assumedFormat, type InputFormat } from '../../pictures/input-format.js';
export { inputFormat } from '../../data/dataset.js';
export type {
  Dataset,
  EpochReport,
  Gpu,
  NamedParameters,
  TrainHooks,
  Trial,
  TrialResult,
  EpochRecord,
} from '../../browser.js';
export function pictureInput(p: any, format: any): any {
  try {
    return convertPicture(
      { ...p, rgba: new Uint8Array(p.data.buffer), format: 'canvas' } as any,
      format,
      'drawing',
    );
  } catch {
    return null;
  }
}
export async function resolveDataset(spec: any, _options?: any): Promise<any> {
  const s = parseDataSpec(spec) as any;
  return synthesize({ train: s.train, test: s.test });
}
export function readNetwork(bytes: any, name: any): any {
  const { tensors, metadata } = parseSafetensors(bytes, name);
  const weights = [...tensors]
    .filter(([n]) => n.endsWith('.weight'))
    .sort(([a], [b]) => parseInt(a) - parseInt(b));
  const parameters = new Map<string, any>();
  weights.forEach(([n, { shape, data }], i) => {
    const [o, k] = shape as [number, number];
    const t = new Float32Array(o * k);
    for (let a = 0; a < o; a++) for (let b = 0; b < k; b++) t[b * o + a] = (data as any)[a * k + b];
    parameters.set(`layer${i}.weight`, { shape: [k, o], data: t });
    parameters.set(`layer${i}.bias`, tensors.get(n.replace('weight', 'bias')));
  });
  return {
    parameters,
    inputs: 784,
    classes: 10,
    classNames: JSON.parse(metadata.get('classes')!),
    input: JSON.parse(metadata.get('input_format')!),
    metadata,
  };
}
export async function checkpointsIn(..._: any[]): Promise<any> {
  return {};
}
export const networkMetadata = (_: any): any => ({});
export const toOnnx = async (..._: any[]): Promise<Uint8Array> => {
  throw new EngineError('no-data', 'interim');
};
