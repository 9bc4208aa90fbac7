import { crc32, deflateRawSync } from 'node:zlib';
import { EngineError } from '../base/errors.js';

/** One file of an archive. */
export interface ZipContent {
  /** ASCII, without directories. */
  readonly name: string;
  readonly content: Uint8Array;
}

const methods = { store: 0, deflate: 8 } as const;

/** The version of the format that readers need for deflate, 2.0. */
const version = 20;

/** The format's first day, 1 January 1980, as its two words for time and date: no clock goes into the bytes. */
const timestamp = [0, 0x21] as const;

/**
 * Writes a zip archive (PKWARE's APPNOTE.TXT 4.3) without zip64: for each file its header and content, then the directory and
 * its end record. Names and order are kept, and nothing depends on the time or the machine.
 * @throws EngineError `bug` beyond what the format without zip64 holds: 4 GB, 65,535 files
 */
export function encodeZip(files: readonly ZipContent[], method: keyof typeof methods): Buffer {
  requireRoom(files);
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const packed = method === 'deflate' ? deflateRawSync(content, { level: 9 }) : content;
    const common = record(
      [version, 2],
      [0, 2], // flags
      [methods[method], 2],
      [timestamp[0], 2],
      [timestamp[1], 2],
      [crc32(content), 4],
      [packed.length, 4],
      [content.length, 4],
      [name.length, 2],
      [0, 2], // extra fields
    );
    const text = Buffer.from(name, 'latin1');
    const header = Buffer.concat([record([0x04034b50, 4]), common, text]);
    const place = record([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]); // comment, disk, attributes; place
    directory.push(record([0x02014b50, 4], [version, 2]), common, place, text);
    parts.push(header, packed);
    offset += header.length + packed.length;
  }
  const listing = Buffer.concat(directory);
  const count = files.length;
  const end = record(
    [0x06054b50, 4],
    [0, 2], // this disk
    [0, 2], // the directory's disk
    [count, 2],
    [count, 2],
    [listing.length, 4],
    [offset, 4],
    [0, 2], // comment
  );
  return Buffer.concat([...parts, listing, end]);
}

/** Judged before anything is packed, by the sizes of the contents and 1 kB of headers for each. */
function requireRoom(files: readonly ZipContent[]): void {
  const bytes = files.reduce((sum, { content }) => sum + content.length + 1024, 0);
  if (files.length <= 0xffff && bytes < 2 ** 32) return;
  throw new EngineError('bug', 'This is too much for one zip archive', {
    found: `${files.length} files, ${bytes} bytes`,
    expected: 'at most 65,535 files and 4 GB',
  });
}

/** Little-endian numbers, each with its size in bytes. */
function record(...fields: readonly (readonly [value: number, size: 2 | 4])[]): Uint8Array {
  const bytes = Buffer.alloc(fields.reduce((sum, [, size]) => sum + size, 0));
  let at = 0;
  for (const [value, size] of fields) at = bytes.writeUIntLE(value, at, size);
  return bytes;
}
