/**
 * A reader of the protobuf wire format that shares nothing with the writer: it takes only what is well formed
 * to the last byte.
 */

export interface ReadField {
  readonly field: number;
  /** A varint, as a signed 64-bit number; eight or four bytes; or a stretch of bytes. */
  readonly value: bigint | Buffer;
}

/** The fields of a message, in their order. */
export function readMessage(bytes: Uint8Array): readonly ReadField[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields: ReadField[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > buffer.length) throw new Error(`a message of ${buffer.length} bytes ends too early`);
    at += length;
    return buffer.subarray(at - length, at);
  };
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = take(1)[0]!;
      if (shift > 63n) throw new Error('a varint of more than ten bytes');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        if (byte === 0 && shift > 0n) throw new Error('a varint longer than it need be');
        return BigInt.asIntN(64, value);
      }
    }
  };
  while (at < buffer.length) {
    const tag = varint();
    const field = Number(tag >> 3n);
    const type = Number(tag & 7n);
    if (field < 1) throw new Error(`field ${field}`);
    if (type === 0) fields.push({ field, value: varint() });
    else if (type === 1) fields.push({ field, value: take(8) });
    else if (type === 2) fields.push({ field, value: take(Number(varint())) });
    else if (type === 5) fields.push({ field, value: take(4) });
    else throw new Error(`wire type ${type}`);
  }
  return fields;
}

/** The stretches of bytes of one field. */
export function all(fields: readonly ReadField[], field: number): readonly Buffer[] {
  return fields.filter((each) => each.field === field).map(({ value }) => value as Buffer);
}

/** The only value of a field. */
export function only(fields: readonly ReadField[], field: number): bigint | Buffer {
  const found = fields.filter((each) => each.field === field);
  if (found.length !== 1) throw new Error(`field ${field} is there ${found.length} times`);
  return found[0]!.value;
}

export function onlyText(fields: readonly ReadField[], field: number): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(only(fields, field) as Buffer);
}
