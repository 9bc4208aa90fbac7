import { badFile, byteCount, printable, shown } from '../base/bad-file.js';
import { duplicateKey } from './json-keys.js';
import { arrayTypes, elementCount, type Dtype } from './tensor.js';

/** The longest header that is read or written: some 10,000 tensors. The format itself allows 100 MB. */
export const maxHeaderBytes = 2 ** 20;

/** One tensor as the header states it; `start` and `end` count bytes of the data. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** An entry of the header, in the terms of its own JSON. */
const entryForm = '{"dtype": "F32", "shape": [..], "data_offsets": [start, end]}';

/**
 * Reads the header of a safetensors file.
 * @param text the header as it lies in the file
 * @param dataBytes the size of what follows it
 * @returns the tensors in the order of their data
 * @throws EngineError `bad-file`: no JSON object, a key twice, an entry of another form, an unknown type, or places that do not
 *   cover the data once
 */
export function parseHeader(
  text: Uint8Array,
  dataBytes: number,
  file: string,
): { readonly places: readonly TensorPlace[]; readonly metadata: ReadonlyMap<string, string> } {
  const header = parseObject(text, file);
  const places: TensorPlace[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(value, file);
    else places.push(parseEntry(name, value, file));
  }
  // An empty tensor starts where the next one does.
  places.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCover(places, dataBytes, file);
  return { places, metadata };
}

function parseObject(bytes: Uint8Array, file: string): object {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw badFile(file, 'its header is not JSON', {
      found: printable(cause instanceof Error ? cause.message : String(cause)),
      expected: 'a JSON object in UTF-8',
      cause,
    });
  }
  if (!isObject(header) || !text.startsWith('{'))
    throw badFile(file, 'its header is not a JSON object', {
      found: shown(text),
      expected: 'an object of tensors, starting with { at its first byte',
    });
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw badFile(file, 'its header has a name twice', {
      found: `${shown(twice)} more than once in one object`,
      expected: 'every name once',
    });
  return header;
}

function parseMetadata(value: unknown, file: string): ReadonlyMap<string, string> {
  const entries: [string, unknown][] = isObject(value) ? Object.entries(value) : [];
  const wrong = entries.find(([, text]) => typeof text !== 'string');
  if (!isObject(value) || wrong !== undefined)
    throw badFile(file, 'its metadata is not an object of texts', {
      found: wrong === undefined ? shown(value) : `${shown(wrong[0])} is no text`,
      expected: '"__metadata__": {name: text, ..}',
    });
  return new Map(entries as [string, string][]);
}

function parseEntry(name: string, value: unknown, file: string): TensorPlace {
  const { dtype, shape, data_offsets: offsets } = fields(name, value, file);
  if (typeof dtype !== 'string' || !Object.hasOwn(arrayTypes, dtype))
    throw badFile(file, `tensor ${shown(name)} has a type that is not read`, {
      found: shown(dtype),
      expected: Object.keys(arrayTypes).join(', '),
      remedy: 'convert the tensor to one of these types',
    });
  const elements = isNumbers(shape) ? elementCount(shape) : undefined;
  if (!isNumbers(shape) || elements === undefined)
    throw badFile(file, `tensor ${shown(name)} has no sound shape`, {
      found: shown(shape),
      expected: 'whole numbers from 0 whose product is below 2^53',
    });
  const known = dtype as Dtype;
  const bytes = elements * arrayTypes[known].BYTES_PER_ELEMENT;
  const [start, end, ...more] = isNumbers(offsets) ? offsets : [];
  if (start === undefined || end === undefined || more.length > 0 || elementCount([start]) === undefined)
    throw badFile(file, `tensor ${shown(name)} has no sound place in the data`, {
      found: shown(offsets),
      expected: '[start, end] in bytes of the data',
    });
  if (end - start !== bytes)
    throw badFile(file, `tensor ${shown(name)} has another size than its shape and type state`, {
      found: `data_offsets [${start}, ${end}]`,
      expected: `${byteCount(bytes)}: ${dtype} of shape ${shown(shape).replaceAll(',', ', ')}`,
    });
  return { name, dtype: known, shape, start, end };
}

/** The three fields of an entry, and no other. */
function fields(name: string, value: unknown, file: string): Readonly<Record<string, unknown>> {
  const keys = isObject(value) ? Object.keys(value).toSorted().join() : '';
  if (!isObject(value) || keys !== 'data_offsets,dtype,shape')
    throw badFile(file, `tensor ${shown(name)} is not described as the format asks`, {
      found: shown(value),
      expected: entryForm,
    });
  return value as Readonly<Record<string, unknown>>;
}

/** Each tensor starts where the one before it ends, and the last one ends with the file. */
function checkCover(places: readonly TensorPlace[], dataBytes: number, file: string): void {
  let end = 0;
  for (const place of places) {
    if (place.start !== end)
      throw badFile(
        file,
        place.start < end
          ? `tensor ${shown(place.name)} overlaps another`
          : `there is a gap before tensor ${shown(place.name)}`,
        { found: `it starts at byte ${place.start} of the data`, expected: `byte ${end}` },
      );
    end = place.end;
  }
  if (end !== dataBytes)
    throw badFile(file, end > dataBytes ? 'the data ends too early' : 'there are bytes after the data', {
      found: byteCount(dataBytes),
      expected: `${byteCount(end)}, as the tensors take`,
    });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}
