/** The networks that can read drawings. */
import {
  assumedFormat,
  EngineError,
  pictureInput,
  predict,
  readNetwork,
  type InputFormat,
  type NamedParameters,
} from '../../browser.js';
import type { NetworkFacts, Picture, Reading } from '../protocol.js';
import type { Device } from './device.js';

export interface KnownNetwork {
  readonly facts: NetworkFacts;
  readonly parameters: NamedParameters;
  readonly format: InputFormat;
}

/** What a drawing shows; null if nothing can be seen in it. */
export async function readDrawing(
  device: Device,
  { facts, parameters, format }: KnownNetwork,
  picture: Picture,
): Promise<Reading | null> {
  const input = pictureInput(picture, format);
  if (input === null) return null;
  const { probabilities } = await device.use((gpu) => predict(gpu, parameters, input.pixels));
  const { rows, columns } = format;
  return {
    network: facts.id,
    classNames: facts.classNames,
    probabilities: [...probabilities],
    seen: { rows, columns, pixels: input.pixels },
    doubts: input.doubts,
  };
}

/** Of a file whose path is longer, the end is shown. */
const longestTitle = 60;

/** Of the data sets whose classes are the ten kana of the synthetic set, in its order. */
const isKana = /^(synthetic|kmnist)/;

export interface NetworkFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What its run calls the classes; null: not known. */
  readonly classNames: readonly string[] | null;
  /** The names of the ten kana. */
  readonly kana: readonly string[];
}

/** The network of a safetensors file. @throws EngineError `bad-file`, `usage` if it takes no images */
export function networkOf({ name, bytes, classNames, kana }: NetworkFile, id: string): KnownNetwork {
  const network = readNetwork(bytes, name);
  const { inputs, classes, metadata } = network;
  const title = name.slice(-longestTitle);
  const data = dataNameOf(metadata.get('dataset'));
  const known = [network.classNames, classNames, isKana.test(data) ? kana : null].find(
    (each) => each?.length === classes,
  );
  const names = known ?? Array.from({ length: classes }, (_, i) => String(i));
  const layers = Array.from(network.parameters, ([, { shape }]) => shape).filter(
    ({ length }) => length === 2,
  );
  const trained = data === '' ? '' : `, trained on ${data}`;
  return {
    parameters: network.parameters,
    format: network.input ?? assumedFormat(frameOf(inputs, name)),
    facts: {
      id,
      title,
      about: `${[inputs, ...layers.map(([, outputs]) => outputs!)].join('-')}${trained}; opened from ${title}.`,
      classNames: names,
    },
  };
}

/** Images of a network of which only the number of pixels is known. */
function frameOf(inputs: number, file: string): { rows: number; columns: number } {
  const side = Math.sqrt(inputs);
  if (Number.isInteger(side)) return { rows: side, columns: side };
  throw new EngineError('usage', `The network of ${file} takes no drawings`, {
    found: `${inputs} inputs, and nothing in the file says that they are images`,
    expected: 'a network of square images, such as 784 inputs for 28 x 28',
    remedy: 'choose the network of a run on images',
  });
}

function dataNameOf(text: string | undefined): string {
  try {
    const { name } = JSON.parse(text ?? '{}') as { readonly name?: unknown };
    return typeof name === 'string' ? name.slice(0, 80) : '';
  } catch {
    return '';
  }
}
