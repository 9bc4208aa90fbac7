import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * Fields of Protocol Buffers' messages, by number: what ONNX models and TensorBoard's events are made of. The
 * library writes the wire format; what the fields mean is written by hand where the messages are made,
 * because no library that is kept up has these messages.
 */

/** Writes one field: its number, its wire type and its value. */
export type Field = (writer: BinaryWriter) => void;

/** The bytes of a message. */
export function encodeMessage(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  for (const write of fields) write(writer);
  return writer.finish();
}

/** An integer or enum field (int32, int64); a negative one takes ten bytes, as the format has it. */
export function integer(field: number, value: number | bigint): Field {
  return (writer) => writer.tag(field, WireType.Varint).int64(value);
}

/** A field of type double. */
export function double(field: number, value: number): Field {
  return (writer) => writer.tag(field, WireType.Bit64).double(value);
}

/** A field of type float; what is beyond f32 is infinite there. */
export function float(field: number, value: number): Field {
  return (writer) => writer.tag(field, WireType.Bit32).float(Math.fround(value));
}

/** A field of type bytes. */
export function bytes(field: number, value: Uint8Array): Field {
  return (writer) => writer.tag(field, WireType.LengthDelimited).bytes(value);
}

/** A field of type string. */
export function text(field: number, value: string): Field {
  return (writer) => writer.tag(field, WireType.LengthDelimited).string(value);
}

/** A field that is a message. */
export function message(field: number, ...fields: readonly Field[]): Field {
  return (writer) => {
    writer.tag(field, WireType.LengthDelimited).fork();
    for (const write of fields) write(writer);
    writer.join();
  };
}
