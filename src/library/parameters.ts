import { badFile } from '../base/bad-file.js';
import { denseLayers } from '../formats/dense.js';
import { encodeSafetensors, parseSafetensors } from '../formats/safetensors.js';
import { parseCheckpoint } from '../runs/checkpoint.js';
import type { NamedParameters } from '../train/types.js';

/**
 * The weights of a network as a safetensors file: float32 under the engine's names, `layer0.weight` [in,
 * out], `layer0.bias` [out], ...
 * @param metadata free texts by name, which the file keeps
 */
export function toSafetensors(
  parameters: NamedParameters,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  return encodeSafetensors(parameters, new Map(Object.entries(metadata)));
}

/**
 * Weights out of a safetensors file: one that `toSafetensors` made, or a checkpoint of a run.
 * @param bytes the whole file
 * @param name of the file, for messages
 * @throws EngineError `bad-file`: damaged, or not the weights of a network under the engine's names
 */
export function fromSafetensors(bytes: Uint8Array, name = 'the file'): NamedParameters {
  const { tensors, metadata } = parseSafetensors(bytes, name);
  // A checkpoint holds the state of a training; its parameters are a part of that.
  if (metadata.has('data_sha256')) return parseCheckpoint(bytes, name).parameters;
  denseLayers(tensors, name);
  return new Map(
    Array.from(tensors, ([key, { shape, data }]) => {
      if (data instanceof Float32Array) return [key, { shape, data }] as const;
      throw badFile(name, `parameter ${key} is of another type`, {
        found: data.constructor.name,
        expected: 'Float32Array',
      });
    }),
  );
}
