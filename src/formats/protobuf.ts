/**
 * The wire format of Protocol Buffers (https://protobuf.dev/programming-guides/encoding/), the writing half: what ONNX models and
 * TensorBoard's events are made of. A message is its fields one after another; each function gives the bytes of one field, the
 * number of the field and its wire type in front. What the fields mean is written where the messages are made.
 */

const wireTypes = { varint: 0, eight: 1, delimited: 2, four: 5 } as const;

/** An integer or enum field (int32, int64, uint64); a negative one takes ten bytes, as the format has it. */
export function integer(field: number, value: number | bigint): Uint8Array {
  return Buffer.concat([tag(field, wireTypes.varint), varint(BigInt.asUintN(64, BigInt(value)))]);
}

/** A field of type double. */
export function double(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([tag(field, wireTypes.eight), bytes]);
}

/** A field of type float. */
export function float(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, wireTypes.four), bytes]);
}

/** A field of type bytes. */
export function bytes(field: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([tag(field, wireTypes.delimited), varint(BigInt(value.length)), value]);
}

/** A field of type string. */
export function text(field: number, value: string): Uint8Array {
  return bytes(field, Buffer.from(value));
}

/** A field that is a message. */
export function message(field: number, ...fields: readonly Uint8Array[]): Uint8Array {
  return bytes(field, Buffer.concat(fields));
}

function tag(field: number, wireType: number): Uint8Array {
  return varint(BigInt(field * 8 + wireType));
}

/** Seven bits to a byte, the lowest first; the top bit says that more follow. */
function varint(value: bigint): Uint8Array {
  const groups: number[] = [];
  for (let rest = value; groups.length === 0 || rest > 0n; rest >>= 7n) groups.push(Number(rest & 0x7fn));
  return Uint8Array.from(groups, (group, index) => (index < groups.length - 1 ? group | 0x80 : group));
}
