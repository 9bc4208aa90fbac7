import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';
import { crc32c } from '../base/crc.js';
import {
  encodeEventsStart,
  encodeRestart,
  encodeScalars,
  eventFileName,
  type ScalarEvent,
} from './tensorboard.js';
import { join } from './testing/bytes.js';
import { checksum, readRecords, readScalars } from './testing/events.js';
import { only, onlyText, readMessage } from './testing/protobuf.js';

const events: readonly ScalarEvent[] = [
  {
    wallTime: 1_700_000_000.25,
    step: 0,
    values: new Map([
      ['loss/train', 2.5],
      ['accuracy/お', 0],
    ]),
  },
  {
    wallTime: 1_700_000_001,
    step: 1,
    values: new Map([
      ['loss/train', NaN],
      ['loss/validation', -Infinity],
    ]),
  },
  { wallTime: 1_700_000_002, step: 2 ** 40, values: new Map() },
];

describe('an event file', () => {
  const file = join(encodeEventsStart(1_700_000_000), ...events.map(encodeScalars));
  const records = readRecords(file);

  test('starts with the version of the format', () => {
    const event = readMessage(records[0]!);
    expect(event.map(({ field }) => field)).toEqual([1, 3]);
    expect((only(event, 1) as Buffer).readDoubleLE()).toBe(1_700_000_000);
    expect(onlyText(event, 3)).toBe('brain.Event:2');
  });

  test('holds each event, in order', () => {
    expect(records.slice(1).map(readScalars)).toEqual(events);
  });

  test('is, without its frame, what the classes of TensorBoard serialise', () => {
    // event_pb2.Event(wall_time=1.5, step=3, summary=Summary(value=[Value(tag='loss', simple_value=0.5)])),
    // serialised.
    const event = '09000000000000f83f10032a0d0a0b0a046c6f7373150000003f';
    expect(
      Buffer.from(
        readRecords(encodeScalars({ wallTime: 1.5, step: 3, values: new Map([['loss', 0.5]]) }))[0]!,
      ).toString('hex'),
    ).toBe(event);
  });

  test('is to the byte what this project wrote before a library wrote its fields', () => {
    const restart = encodeRestart(1_700_000_003, 5);
    expect(platform.sha256(file, restart)).toBe(
      '13dffa3e075e18edeb0b9e054ba43dcae95f92bf033df8ee878973ffa467d87f',
    );
  });

  test('with any bit flipped is refused by a reader that checks', () => {
    for (let bit = 0; bit < file.length * 8; bit++) {
      const damaged = Uint8Array.from(file);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => readRecords(damaged)).toThrow();
    }
  });

  test('has a name that TensorBoard looks for', () => {
    expect(eventFileName(1_700_000_000.9)).toBe('events.out.tfevents.1700000000.wgsl-train');
  });

  test.each<[string, Partial<ScalarEvent>]>([
    ['a step of -1', { step: -1 }],
    ['half a step', { step: 0.5 }],
    ['a time of NaN', { wallTime: NaN }],
  ])('refuses %s', (_, change) => {
    expect(() => encodeScalars({ ...events[0]!, ...change })).toThrow(EngineError);
  });
});

describe('CRC-32C', () => {
  /** RFC 3720, appendix B.4, and the check value of the catalogue of CRCs. */
  test.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(), 0],
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
    ['the digits 1 to 9', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
    expect(checksum(bytes)).toBe(expected);
  });
});
