/** A reader of TensorBoard's event files, independent of the writer. */
import type { ScalarEvent } from '../tensorboard.js';
import { all, only, onlyText, readMessage } from './protobuf.js';

/** CRC-32C bit by bit, as RFC 3720 defines it. */
export function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
  }
  return Number(crc ^ 0xffffffffn);
}

/** The records of a file; throws unless lengths and checksums are right to the last byte. */
export function readRecords(file: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const records: Uint8Array[] = [];
  const check = (start: number, end: number): void => {
    const masked = view.getUint32(end, true);
    const rotated = (BigInt(masked) - 0xa282ead8n + 2n ** 32n) % 2n ** 32n;
    const crc = Number(((rotated >> 17n) | (rotated << 15n)) & 0xffffffffn);
    if (crc !== checksum(file.subarray(start, end))) throw new Error(`wrong checksum at ${end}`);
  };
  for (let at = 0; at < file.length; at += 4) {
    const length = Number(view.getBigUint64(at, true));
    check(at, at + 8);
    check(at + 12, at + 12 + length);
    records.push(file.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return records;
}

export function readScalars(record: Uint8Array): ScalarEvent {
  const event = readMessage(record);
  const summary = readMessage(only(event, 5) as Buffer);
  const values = all(summary, 1).map((value): [string, number] => {
    const fields = readMessage(value);
    return [onlyText(fields, 1), (only(fields, 2) as Buffer).readFloatLE()];
  });
  return {
    wallTime: (only(event, 1) as Buffer).readDoubleLE(),
    step: Number(only(event, 2)),
    values: new Map(values),
  };
}
