import { EngineError } from '../base/errors.js';
import { crc32c } from '../base/crc.js';
import { double, encodeMessage, float, integer, message, text, type Field } from './protobuf.js';

/**
 * Event files of TensorBoard: records in the framing of TFRecord, each one Event of
 * https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto (field numbers
 * stand here).
 *
 * A file is `encodeEventsStart` and then any number of `encodeScalars`, appended as they happen: TensorBoard
 * follows a file that grows, and takes a record only once it is whole. Each directory with such a file is a
 * run of its own there.
 */

/**
 * The values of one moment, under the names that TensorBoard groups by what stands before a `/`:
 * `loss/train`.
 */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** The place on the horizontal axis: an epoch or a step. */
  readonly step: number;
  /** Shown as f32; NaN and infinities are marked as such. */
  readonly values: ReadonlyMap<string, number>;
}

/**
 * A file name that TensorBoard looks for: it must contain `tfevents`, and several files of a run are read in
 * the order of names.
 */
export function eventFileName(wallTime: number): string {
  return `events.out.tfevents.${Math.floor(wallTime).toString().padStart(10, '0')}.wgsl-train`;
}

/** The record that every file begins with: the version of the format. @param wallTime seconds since 1970 */
export function encodeEventsStart(wallTime: number): Uint8Array {
  return record([double(1, wallTime), text(3, 'brain.Event:2')]);
}

/**
 * The record that says: what earlier files have from this step on does not count, it comes again (SessionLog
 * with status START).
 * @param wallTime seconds since 1970
 */
export function encodeRestart(wallTime: number, step: number): Uint8Array {
  return record([double(1, wallTime), integer(2, step), message(7, integer(1, 1))]);
}

/**
 * One record. @throws EngineError `bug`: a time that is no number, or a step that is no whole number from 0
 */
export function encodeScalars({ wallTime, step, values }: ScalarEvent): Uint8Array {
  if (!Number.isFinite(wallTime) || !Number.isSafeInteger(step) || step < 0)
    throw new EngineError('bug', 'An event needs a time and a step', {
      found: `time ${wallTime}, step ${step}`,
      expected: 'seconds since 1970, and a whole number from 0',
    });
  const summary = Array.from(values, ([tag, value]) => message(1, text(1, tag), float(2, value)));
  return record([double(1, wallTime), integer(2, step), message(5, ...summary)]);
}

/** TFRecord: the length as u64, its checksum, the data, its checksum; little-endian. */
function record(fields: readonly Field[]): Uint8Array {
  const data = encodeMessage(fields);
  const file = new Uint8Array(data.length + 16);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedChecksum(file.subarray(0, 8)), true);
  file.set(data, 12);
  view.setUint32(12 + data.length, maskedChecksum(data), true);
  return file;
}

/**
 * CRC-32C, rotated and shifted: a checksum over data that holds checksums would else be weak
 * (tsl/lib/hash/crc32c.h).
 */
function maskedChecksum(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
}
