import { describe, expect, test } from 'vitest';
import { bytes, double, encodeMessage, float, integer, message, text, type Field } from './protobuf.js';

const hex = (...fields: readonly Field[]): string => Buffer.from(encodeMessage(fields)).toString('hex');

/**
 * The examples of https://protobuf.dev/programming-guides/encoding/, and what protoc encodes at the edges.
 */
describe('fields', () => {
  test.each<[string, Field, string]>([
    ['an integer', integer(1, 150), '089601'],
    ['0', integer(1, 0), '0800'],
    ['127', integer(1, 127), '087f'],
    ['128', integer(1, 128), '088001'],
    ['2^53 - 1', integer(2, Number.MAX_SAFE_INTEGER), '10ffffffffffffff0f'],
    ['2^63 - 1', integer(1, 2n ** 63n - 1n), '08ffffffffffffffff7f'],
    ['-1', integer(1, -1), '08ffffffffffffffffff01'],
    ['-2', integer(1, -2), '08feffffffffffffffff01'],
    ['a text', text(2, 'testing'), '120774657374696e67'],
    ['a text that is not ASCII', text(2, 'お'), '1203e3818a'],
    ['an empty text', text(2, ''), '1200'],
    ['a message', message(3, integer(1, 150)), '1a03089601'],
    ['an empty message', message(3), '1a00'],
    ['bytes', bytes(4, Uint8Array.of(3, 0x8e, 2)), '2203038e02'],
    ['a field beyond 15', integer(20, 2), 'a00102'],
    ['a double', double(1, 1), '09000000000000f03f'],
    ['a float', float(2, 1), '150000803f'],
    ['NaN', float(2, NaN), '150000c07f'],
    ['a float beyond f32', float(2, 1e39), '150000807f'],
  ])('%s', (_, field, expected) => {
    expect(hex(field)).toBe(expected);
  });

  test('a long stretch has its length in front', () => {
    const field = hex(bytes(1, new Uint8Array(300)));
    expect(field.slice(0, 6)).toBe('0aac02');
    expect(field.length).toBe(2 * 303);
  });
});
