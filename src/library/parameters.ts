/** Networks as files, and out of files. */
import * as v from 'valibot';
import { badFile } from '../base/bad-file.js';
import { line, list, parseJson, record, type Schema } from '../base/schema.js';
import { inputFormat, type Dataset } from '../data/dataset.js';
import { denseLayers, parametersOf, type DenseLayer } from '../formats/dense.js';
import { encodeSafetensors, parseSafetensors, type SafetensorsFile } from '../formats/safetensors.js';
import { isStateDict, layersOfStateDict } from '../formats/torch.js';
import { inputFormatSchema, type InputFormat } from '../pictures/input-format.js';
import { platform } from '../platform/index.js';
import { parseCheckpoint } from '../runs/checkpoint.js';
import type { NamedParameters } from '../train/types.js';

/** A trained network, and what its file says of it. */
export interface Network {
  /** For `predict`, `toSafetensors` and `toOnnx`. */
  readonly parameters: NamedParameters;
  /** Numbers that it takes for an image, and classes that it tells apart. */
  readonly inputs: number;
  readonly classes: number;
  /** One name per class; null where the file has none. */
  readonly classNames: readonly string[] | null;
  /** What its training images look like, for `pictureInput`; null where the file does not say. */
  readonly input: InputFormat | null;
  /** All texts of the file by their names. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * What a file should say of a network beside its weights, so that others can use it: pass it on to
 * `toSafetensors` or `toOnnx`. `readNetwork` reads it back.
 * @param dataset that the network was trained on
 */
export function networkMetadata(dataset: Dataset): Readonly<Record<string, string>> {
  const { name, sha256, classNames } = dataset;
  const input = inputFormat(dataset);
  return {
    'wgsl-train': platform.versions()['wgsl-train'],
    dataset: JSON.stringify({ name, sha256 }),
    classes: JSON.stringify(classNames),
    ...(input !== null && { input_format: JSON.stringify(input) }),
  };
}

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

/** How a network becomes an ONNX model. */
export interface ToOnnxOptions {
  /** What the model gives: `logits` if left out. */
  readonly output?: 'logits' | 'probabilities';
  /** For people: what the model is and what its input must be. */
  readonly description?: string;
  /** Free texts by name, which the file keeps. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * A network as an ONNX model (opset 13): `input` float32 [N, inputs], as the network saw them in training (of
 * bytes, byte / 255), to `logits` or `probabilities` [N, classes].
 * @throws EngineError `bad-file` for parameters that are no network's
 */
export async function toOnnx(parameters: NamedParameters, options: ToOnnxOptions = {}): Promise<Uint8Array> {
  const { encodeOnnx } = await import('../formats/onnx.js');
  const layers = denseLayers(parameters, 'the network');
  const { output = 'logits', metadata = {} } = options;
  return encodeOnnx(layers, {
    output,
    producerVersion: platform.versions()['wgsl-train'],
    description:
      options.description ?? `input: float32 [N, ${layers[0]!.inputs}], as in training; output: ${output}`,
    metadata: new Map(Object.entries(metadata)),
  });
}

/**
 * Weights out of a safetensors file: one that `toSafetensors` or the command `export` made, or a checkpoint
 * of a run.
 * @param bytes the whole file
 * @param name of the file, for messages
 * @throws EngineError `bad-file`: damaged, or not the weights of a network
 */
export function fromSafetensors(bytes: Uint8Array, name = 'the file'): NamedParameters {
  return asParameters(readLayers(bytes, name).layers);
}

/**
 * A network out of a safetensors file, as `fromSafetensors`, with the names of its classes and what its
 * images look like where the file says so.
 * @throws EngineError `bad-file`: damaged, not the weights of a network, or class names or images that do not
 *   fit them
 */
export function readNetwork(bytes: Uint8Array, name = 'the file'): Network {
  const { layers, metadata } = readLayers(bytes, name);
  const [inputs, classes] = [layers[0]!.inputs, layers.at(-1)!.outputs];
  const about = <T>(entry: string, schema: Schema<T>): T | null => {
    const text = metadata.get(entry);
    const file = `${name}, its metadata ${entry}`;
    return text === undefined ? null : parseJson(schema, text, { file, remedy, largest: 2 ** 20 });
  };
  // Of other files it is a free text.
  const dataset = metadata.has('data_sha256') ? about('dataset', datasetSchema) : null;
  const classNames = about('classes', list(line())) ?? dataset?.classNames ?? null;
  if (classNames !== null && classNames.length !== classes)
    throw badFile(name, 'its names of classes do not fit its weights', {
      found: `${classNames.length} names`,
      expected: `${classes}, one for each output of its last layer`,
      remedy,
    });
  const input = about('input_format', inputFormatSchema) ?? dataset?.input ?? null;
  if (input !== null && input.rows * input.columns !== inputs)
    throw badFile(name, 'its images do not fit its weights', {
      found: `${input.rows} x ${input.columns} pixels`,
      expected: `${inputs}, the inputs of its first layer`,
      remedy,
    });
  return { parameters: asParameters(layers), inputs, classes, classNames, input, metadata };
}

const remedy = 'export the network again, or leave that entry out';

/** What a checkpoint says of the data that it was trained on, as far as it matters here. */
const datasetSchema = record({
  classNames: v.optional(list(line())),
  input: v.optional(v.nullable(inputFormatSchema)),
});

function readLayers(
  bytes: Uint8Array,
  name: string,
): { readonly layers: readonly DenseLayer[]; readonly metadata: SafetensorsFile['metadata'] } {
  const { tensors, metadata } = parseSafetensors(bytes, name);
  // A checkpoint holds the state of a training; its parameters are a part of that.
  const parameters = metadata.has('data_sha256') ? parseCheckpoint(bytes, name).parameters : tensors;
  const layers = isStateDict(parameters)
    ? layersOfStateDict(parameters, name)
    : denseLayers(parameters, name);
  return { layers, metadata };
}

function asParameters(layers: readonly DenseLayer[]): NamedParameters {
  return parametersOf(layers) as NamedParameters;
}
