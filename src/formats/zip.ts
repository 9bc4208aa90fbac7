/**
 * The directory of a zip file (APPNOTE.TXT 4.3), without zip64, encryption and several disks, so that every
 * byte of the file has its place. By hand, because the libraries that say where an entry lies need Node.
 */
import { latin1 } from '../base/bytes.js';

/** One file in the archive. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflate. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Whether its sizes stand behind its data once more. */
  readonly hasDescriptor: boolean;
  readonly crc32: number;
  /** In bytes, as the directory states it. */
  readonly size: number;
  /** Where its own header starts. */
  readonly start: number;
  /** As it lies in the file, and where that ends. */
  readonly packed: Uint8Array;
  readonly end: number;
}

export interface ZipDirectory {
  /** In the order of their places. */
  readonly entries: readonly ZipEntry[];
  /** Where the directory starts, which goes on to the end of the file. */
  readonly start: number;
}

const signatures = { entry: 0x04034b50, listed: 0x02014b50, end: 0x06054b50 } as const;
const endBytes = 22;
const listedBytes = 46;
const entryBytes = 30;

/**
 * Reads the directory.
 * @param mostEntries an archive of more is refused before they are read
 * @throws Error that says in what it is damaged
 */
export function readZip(bytes: Uint8Array, mostEntries: number): ZipDirectory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = endOf(view);
  const [disk, other] = [view.getUint16(end + 4, true), view.getUint16(end + 6, true)];
  const [here, count] = [view.getUint16(end + 8, true), view.getUint16(end + 10, true)];
  const [size, start] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  if (disk !== 0 || other !== 0 || here !== count) throw new Error('it is one of several disks');
  if (count > mostEntries) throw new Error(`it states ${count} entries`);
  if (start + size !== end) throw new Error(`its directory does not end where its end is, at byte ${end}`);
  const entries: ZipEntry[] = [];
  let at = start;
  while (entries.length < count) {
    if (at + listedBytes > end || view.getUint32(at, true) !== signatures.listed)
      throw new Error(`its directory has no entry at byte ${at}`);
    const lengths = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const next = lengths.reduce((sum, length) => sum + length, at + listedBytes);
    if (next > end) throw new Error(`an entry of its directory ends beyond it, at byte ${next}`);
    entries.push(entryAt(bytes, view, at, start));
    at = next;
  }
  if (at !== end) throw new Error(`there are ${end - at} bytes behind the entries of its directory`);
  return { entries: entries.sort((a, b) => a.start - b.start), start };
}

/** Where the end of the directory starts: the last record, with a comment up to the end of the file. */
function endOf(view: DataView): number {
  for (let at = view.byteLength - endBytes; at >= 0 && at > view.byteLength - endBytes - 2 ** 16; at--)
    if (view.getUint32(at, true) === signatures.end) {
      if (at + endBytes + view.getUint16(at + 20, true) === view.byteLength) return at;
      throw new Error('its comment does not end with the file');
    }
  throw new Error('it has no end of a directory');
}

/** @param at where the directory lists it @param limit where the data of all entries ends */
function entryAt(bytes: Uint8Array, view: DataView, at: number, limit: number): ZipEntry {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  const [packedSize, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
  const start = view.getUint32(at + 42, true);
  const nameBytes = bytes.subarray(at + listedBytes, at + listedBytes + view.getUint16(at + 28, true));
  const name = (flags & 0x800) === 0 ? latin1(nameBytes) : new TextDecoder().decode(nameBytes);
  if (/\\|^\/|^[a-z]:|(^|\/)\.\.(\/|$)/i.test(name)) throw new Error(`the name ${JSON.stringify(name)}`);
  if ((flags & 0x40) !== 0) throw new Error('strong encryption');
  const isEncrypted = (flags & 1) !== 0;
  if (method === 0 && !isEncrypted && packedSize !== size)
    throw new Error(`a stored entry of ${size} bytes takes ${packedSize}`);
  if (start + entryBytes > limit || view.getUint32(start, true) !== signatures.entry)
    throw new Error(`there is no entry at byte ${start}`);
  const data = start + entryBytes + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const end = data + packedSize;
  if (end > limit) throw new Error(`an entry ends beyond the directory, at byte ${end}`);
  const packed = bytes.subarray(data, end);
  const hasDescriptor = (flags & 8) !== 0;
  return {
    name,
    method,
    isEncrypted,
    hasDescriptor,
    crc32: view.getUint32(at + 16, true),
    size,
    start,
    packed,
    end,
  };
}
