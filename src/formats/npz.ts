import type { Entry, ZipFile } from 'yauzl';
import { badFile, byteCount, hex, reasonOf, shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { checkCrc32, checkStatedSize, inflate } from './deflate.js';
import { maxArrayBytes, type ImageArray } from './idx.js';
import { encodeNpy, parseNpy } from './npy.js';
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

/** numpy's `savez` gives an array without a name this one. */
const entryName = 'arr_0.npy';

/** Room for the header of the array in front of its data. */
const maxEntryBytes = maxArrayBytes + 65_536;

/**
 * Reads images from the bytes of an .npz file (a zip of one `arr_0.npy`, unsigned bytes, C order).
 *
 * Memory: the file again, and its content, which is at most 64 MiB or 64 times the file, and never more than
 * `maxArrayBytes`.
 *
 * @throws EngineError `bad-file`
 */
export async function parseNpzImages(bytes: Uint8Array, file: string): Promise<ImageArray> {
  const { shape, data } = parseNpy(await unzipOnly(bytes, file), file, 3);
  const [count, rows, columns] = shape as [number, number, number];
  return { count, rows, columns, pixels: data };
}

/** Reads labels, one byte each. @throws EngineError `bad-file` */
export async function parseNpzLabels(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  return parseNpy(await unzipOnly(bytes, file), file, 1).data;
}

/** Unpacks the only entry of a zip file, bounded and with its checksum tested. */
async function unzipOnly(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    throw badFile(file, 'this is not an .npz file', { found: hex(bytes), expected: '50 4b 03 04 (zip)' });
  try {
    const { fromBufferPromise } = await import('yauzl');
    const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
      // Reading the directory to its end would close the file before its entry is read.
      autoClose: false,
      // Entries one by one: an archive can state any number of them.
      lazyEntries: true,
      strictFileNames: true,
    });
    const entry = await onlyEntry(zip, bytes.length, file);
    await checkSize(zip, entry, file);
    return unpack(await packedBytes(zip, entry), entry, file);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw badFile(file, 'the zip structure is damaged', {
      found: reasonOf(cause),
      expected: `a complete zip file of one ${entryName}`,
      cause,
    });
  }
}

async function onlyEntry(zip: ZipFile, bytes: number, file: string): Promise<Entry> {
  const entries: Entry[] = [];
  if (zip.entryCount === 1) for await (const entry of zip.eachEntry()) entries.push(entry);
  const entry = entries[0];
  if (entry?.fileName !== entryName)
    throw badFile(file, `it does not hold exactly one array named ${entryName}`, {
      found: entry === undefined ? `${zip.entryCount} entries` : shown(entry.fileName),
      expected: `one entry, ${entryName}, as numpy.savez writes it`,
    });
  const { compressionMethod: method, uncompressedSize } = entry;
  if (entry.isEncrypted() || (method !== 0 && method !== 8))
    throw badFile(file, 'the array is packed in a way that is not read', {
      found: entry.isEncrypted() ? 'encrypted' : `compression method ${method}`,
      expected: 'stored (0) or deflate (8), not encrypted',
      remedy: 'save it again with numpy.savez or numpy.savez_compressed',
    });
  if (entry.relativeOffsetOfLocalHeader !== 0)
    throw badFile(file, 'there are bytes in front of the array', {
      found: `the entry starts at byte ${entry.relativeOffsetOfLocalHeader}`,
      expected: 'it starts at byte 0',
    });
  if (uncompressedSize > maxEntryBytes)
    throw badFile(file, 'it states more data than is read', {
      found: byteCount(uncompressedSize),
      expected: `at most ${byteCount(maxEntryBytes)}`,
      remedy: 'if the file really is that large, use a part of it; otherwise replace it by a sound copy',
    });
  checkStatedSize(uncompressedSize, bytes, 'save it with numpy.savez', file);
  return entry;
}

/**
 * Adds up the records of a zip file with one entry (APPNOTE.TXT 4.3): what remains can only be the optional
 * ones, a data descriptor (12 to 24 bytes) and the zip64 end of the directory (76). Anything else is no part
 * of the array.
 */
async function checkSize(zip: ZipFile, entry: Entry, file: string): Promise<void> {
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const local = fileDataStart + entry.compressedSize;
  const directory = 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
  const rest = zip.fileSize - local - directory - (22 + zip.comment.length);
  const descriptors = (entry.generalPurposeBitFlag & 8) === 0 ? [0] : [12, 16, 20, 24];
  if (!descriptors.some((size) => rest === size || rest === size + 76))
    throw badFile(file, 'there are bytes in it that belong to no array', {
      found: `${byteCount(zip.fileSize)}, ${byteCount(Math.abs(rest))} of them unaccounted for`,
      expected: `a zip file of one ${entryName} and nothing else`,
    });
}

/**
 * The entry as it lies in the archive: unpacking it here, not in yauzl, bounds it and accounts for each byte.
 */
async function packedBytes(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry, { decodeFileData: false });
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

function unpack(packed: Uint8Array, entry: Entry, file: string): Uint8Array {
  const stored = { content: packed, consumed: packed.length };
  const { content, consumed } =
    entry.compressionMethod === 0
      ? stored
      : inflate(packed, { form: 'raw', maxBytes: entry.uncompressedSize, file });
  if (content.length !== entry.uncompressedSize || consumed !== packed.length)
    throw badFile(file, 'the array does not have the size that the zip directory states', {
      found: `${byteCount(content.length)} from ${byteCount(consumed)}`,
      expected: `${byteCount(entry.uncompressedSize)} from ${byteCount(packed.length)}`,
    });
  checkCrc32('the array', content, entry.crc32, file);
  return content;
}
