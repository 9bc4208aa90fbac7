import type { Entry, ZipFile } from 'yauzl';
import { concatBytes } from '../base/bytes.js';
import { badFile, byteCount, hex, reasonOf, shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { loadPackage } from '../base/load-package.js';
import { maxArrayBytes } from './array.js';
import { checkCrc32, checkStatedSize, inflate } from './deflate.js';
import { encodeNpy } from './npy.js';
import type { Tensors } from './tensor.js';

/**
 * numpy's archives: a zip file of .npy files. fflate writes them, and yauzl reads them, which tells where
 * each part of the file lies, so that none goes unseen. Both are loaded on use: few trainings need one.
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
 * Memory: the file again, and its content, which is at most 64 MiB or 64 times the file, and never more than
 * `maxArrayBytes`.
 *
 * @param file the name for messages
 * @returns the bytes of each array by its name, without `.npy`
 * @throws EngineError `bad-file`
 */
export async function unzipArrays(bytes: Uint8Array, file: string): Promise<ReadonlyMap<string, Uint8Array>> {
  if (!isZip(bytes))
    throw badFile(file, 'this is not an .npz file', { found: hex(bytes), expected: '50 4b 03 04 (zip)' });
  try {
    const { fromBufferPromise } = await loadPackage('reading an .npz file', 'yauzl', import('yauzl'));
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
      // Reading the directory to its end would close the file before its entries are read.
      autoClose: false,
      // Entries one by one: an archive can state any number of them.
      lazyEntries: true,
      strictFileNames: true,
    });
    const entries = await entriesOf(zip, file);
    checkEntries(entries, bytes.length, file);
    await checkSize(zip, entries, file);
    const arrays = new Map<string, Uint8Array>();
    for (const entry of entries)
      arrays.set(entry.fileName.slice(0, -4), unpack(await packedBytes(zip, entry), entry, file));
    return arrays;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw badFile(file, 'the zip structure is damaged', {
      found: reasonOf(cause),
      expected: 'a complete zip file of .npy files',
      cause,
    });
  }
}

/** The entries in the order of their places. */
async function entriesOf(zip: ZipFile, file: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  if (zip.entryCount <= maxEntries) for await (const entry of zip.eachEntry()) entries.push(entry);
  const names = entries.map(({ fileName }) => fileName);
  const other = names.find((name) => !/^[^/\p{C}]+\.npy$/u.test(name));
  if (names.length === 0 || other !== undefined || new Set(names).size !== names.length)
    throw badFile(file, 'it does not hold arrays and nothing else', {
      found: names.length === 0 ? `${zip.entryCount} entries` : shown(other ?? names),
      expected: `1 to ${maxEntries} .npy files of different names, as numpy.savez writes them`,
      remedy: 'save the arrays again with numpy.savez or numpy.savez_compressed',
    });
  return entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
}

function checkEntries(entries: readonly Entry[], bytes: number, file: string): void {
  for (const entry of entries) {
    const { compressionMethod: method } = entry;
    if (entry.isEncrypted() || (method !== 0 && method !== 8))
      throw badFile(file, 'an array is packed in a way that is not read', {
        found: entry.isEncrypted() ? 'encrypted' : `compression method ${method}`,
        expected: 'stored (0) or deflate (8), not encrypted',
        remedy: 'save it again with numpy.savez or numpy.savez_compressed',
      });
  }
  const stated = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (stated > maxContentBytes)
    throw badFile(file, 'it states more data than is read', {
      found: byteCount(stated),
      expected: `at most ${byteCount(maxContentBytes)}`,
      remedy: 'if the file really is that large, use a part of it; otherwise replace it by a sound copy',
    });
  checkStatedSize(stated, bytes, 'save it with numpy.savez', file);
}

/**
 * Adds up the records of a zip file (APPNOTE.TXT 4.3): between them can only be the optional ones, a data
 * descriptor after each entry (12 to 24 bytes) and the zip64 end of the directory (76). Anything else is no
 * part of an array.
 */
async function checkSize(zip: ZipFile, entries: readonly Entry[], file: string): Promise<void> {
  const directory = entries.reduce(
    (sum, entry) => sum + 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength,
    22 + zip.comment.length,
  );
  const ends = [zip.fileSize - directory, zip.fileSize - directory - 76];
  let place = 0;
  for (const [index, entry] of entries.entries()) {
    if (index === 0 && entry.relativeOffsetOfLocalHeader !== 0)
      throw badFile(file, 'there are bytes in front of the arrays', {
        found: `the first one starts at byte ${entry.relativeOffsetOfLocalHeader}`,
        expected: 'it starts at byte 0',
      });
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    place = fileDataStart + entry.compressedSize;
    const next = entries[index + 1]?.relativeOffsetOfLocalHeader;
    const descriptors = (entry.generalPurposeBitFlag & 8) === 0 ? [0] : [12, 16, 20, 24];
    if (!(next === undefined ? ends : [next]).some((end) => descriptors.includes(end - place)))
      throw badFile(file, 'there are bytes in it that belong to no array', {
        found: `${byteCount(Math.abs((next ?? ends[0]!) - place))} after array ${index + 1}`,
        expected: 'a zip file of .npy files and nothing else',
      });
  }
}

/**
 * The entry as it lies in the archive: unpacking it here, not in yauzl, bounds it and accounts for each byte.
 */
async function packedBytes(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return concatBytes(chunks);
}

function unpack(packed: Uint8Array, entry: Entry, file: string): Uint8Array {
  const stored = { content: packed, consumed: packed.length };
  const { content, consumed } =
    entry.compressionMethod === 0 ? stored : inflate(packed, { maxBytes: entry.uncompressedSize, file });
  if (content.length !== entry.uncompressedSize || consumed !== packed.length)
    throw badFile(file, 'the array does not have the size that the zip directory states', {
      found: `${byteCount(content.length)} from ${byteCount(consumed)}`,
      expected: `${byteCount(entry.uncompressedSize)} from ${byteCount(packed.length)}`,
    });
  checkCrc32('the array', content, entry.crc32, file);
  return content;
}
