import { badFile, byteCount, hex, reasonOf, shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { maxArrayBytes } from './array.js';
import { checkCrc32, checkStatedSize, inflate } from './deflate.js';
import { encodeNpy } from './npy.js';
import type { Tensors } from './tensor.js';
import { readZip, type ZipDirectory, type ZipEntry } from './zip.js';

/**
 * numpy's archives: a zip file of .npy files. fflate, which is loaded on use, writes them; read they are by
 * hand, so that no byte of the file goes unseen.
 */

/** The format's first day, 1 January 1980: no clock goes into the bytes. */
const firstDay = new Date(1980, 0, 1);

export interface NpzOptions {
  /**
   * Packs the arrays, as `numpy.savez_compressed` does: worth it for images, not for weights. Stored ones,
   * the default, are the same bytes everywhere; packed ones wherever the same version of fflate packs them.
   */
  readonly deflate?: boolean;
}

/**
 * Writes arrays as .npz, which `numpy.load` reads by these names. Names and order are kept, and nothing
 * depends on the time or the machine.
 * @param arrays names of letters, digits, `.`, `_` and `-`; they become file names in the archive
 * @throws EngineError `bug`: another name, data that does not fill its shape, or more than a zip file without
 *   zip64 holds
 */
export async function encodeNpz(arrays: Tensors, { deflate = false }: NpzOptions = {}): Promise<Uint8Array> {
  const files = Array.from(arrays, ([name, tensor]): [string, Uint8Array] => {
    if (!/^[\w.-]{1,200}$/.test(name))
      throw new EngineError('bug', 'An array has a name that is no plain file name', {
        found: JSON.stringify(name),
        expected: '1 to 200 letters, digits, ".", "_" and "-"',
      });
    return [`${name}.npy`, encodeNpy(tensor, name)];
  });
  // Judged before anything is packed, by the sizes of the contents and 1 kB of headers for each.
  const bytes = files.reduce((sum, [, { length }]) => sum + length + 1024, 0);
  if (files.length > 0xffff || bytes >= 2 ** 32)
    throw new EngineError('bug', 'This is too much for one zip archive', {
      found: `${files.length} files, ${bytes} bytes`,
      expected: 'at most 65,535 files and 4 GB',
    });
  const { zipSync } = await import('fflate');
  return zipSync(Object.fromEntries(files), { level: deflate ? 9 : 0, mtime: firstDay });
}

/** Room for the headers of the arrays beside their data. */
const maxContentBytes = maxArrayBytes + 65_536;

/** More arrays than the parts of any data set. */
const maxEntries = 64;

/** Whether these bytes start like a zip file. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b;
}

/**
 * Unpacks the .npy files of an .npz file, bounded and with their checksums tested.
 *
 * Memory: its content, which is at most 64 MiB or 64 times the file, and never more than
 * `maxArrayBytes`.
 *
 * @param file the name for messages
 * @returns the bytes of each array by its name, without `.npy`
 * @throws EngineError `bad-file`
 */
export function unzipArrays(bytes: Uint8Array, file: string): ReadonlyMap<string, Uint8Array> {
  if (!isZip(bytes))
    throw badFile(file, 'this is not an .npz file', { found: hex(bytes), expected: '50 4b 03 04 (zip)' });
  const { entries, start } = directoryOf(bytes, file);
  checkEntries(entries, bytes.length, file);
  checkPlaces(entries, start, file);
  return new Map(entries.map((entry) => [entry.name.slice(0, -4), unpack(entry, file)]));
}

function directoryOf(bytes: Uint8Array, file: string): ZipDirectory {
  try {
    return readZip(bytes, maxEntries);
  } catch (cause) {
    throw badFile(file, 'the zip structure is damaged', {
      found: reasonOf(cause),
      expected: `a complete zip file of at most ${maxEntries} .npy files, without zip64`,
      remedy: 'replace it by a sound copy, or save the arrays again with numpy.savez',
      cause,
    });
  }
}

function checkEntries(entries: readonly ZipEntry[], bytes: number, file: string): void {
  const names = entries.map(({ name }) => name);
  const other = names.find((name) => !/^[^/\p{C}]+\.npy$/u.test(name));
  if (names.length === 0 || other !== undefined || new Set(names).size !== names.length)
    throw badFile(file, 'it does not hold arrays and nothing else', {
      found: names.length === 0 ? '0 entries' : shown(other ?? names),
      expected: `1 to ${maxEntries} .npy files of different names, as numpy.savez writes them`,
      remedy: 'save the arrays again with numpy.savez or numpy.savez_compressed',
    });
  for (const { method, isEncrypted } of entries) {
    if (isEncrypted || (method !== 0 && method !== 8))
      throw badFile(file, 'an array is packed in a way that is not read', {
        found: isEncrypted ? 'encrypted' : `compression method ${method}`,
        expected: 'stored (0) or deflate (8), not encrypted',
        remedy: 'save it again with numpy.savez or numpy.savez_compressed',
      });
  }
  const stated = entries.reduce((sum, { size }) => sum + size, 0);
  if (stated > maxContentBytes)
    throw badFile(file, 'it states more data than is read', {
      found: byteCount(stated),
      expected: `at most ${byteCount(maxContentBytes)}`,
      remedy: 'if the file really is that large, use a part of it; otherwise replace it by a sound copy',
    });
  checkStatedSize(stated, bytes, 'save it with numpy.savez', file);
}

/**
 * Between the entries can only be the optional record of one, a data descriptor of 12 to 24 bytes. Anything
 * else is no part of an array.
 */
function checkPlaces(entries: readonly ZipEntry[], directory: number, file: string): void {
  if (entries[0]!.start !== 0)
    throw badFile(file, 'there are bytes in front of the arrays', {
      found: `the first one starts at byte ${entries[0]!.start}`,
      expected: 'it starts at byte 0',
    });
  entries.forEach(({ end, hasDescriptor }, index) => {
    const between = (entries[index + 1]?.start ?? directory) - end;
    if (!(hasDescriptor ? [12, 16, 20, 24] : [0]).includes(between))
      throw badFile(file, 'there are bytes in it that belong to no array', {
        found: `${byteCount(Math.abs(between))} after array ${index + 1}`,
        expected: 'a zip file of .npy files and nothing else',
      });
  });
}

function unpack({ method, packed, size, crc32 }: ZipEntry, file: string): Uint8Array {
  const { content, consumed } =
    method === 0 ? { content: packed, consumed: packed.length } : inflate(packed, { maxBytes: size, file });
  if (content.length !== size || consumed !== packed.length)
    throw badFile(file, 'the array does not have the size that the zip directory states', {
      found: `${byteCount(content.length)} from ${byteCount(consumed)}`,
      expected: `${byteCount(size)} from ${byteCount(packed.length)}`,
    });
  checkCrc32('the array', content, crc32, file);
  return content;
}
