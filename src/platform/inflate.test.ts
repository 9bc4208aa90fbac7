import { constants, deflateRawSync, crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../base/crc.js';
import { Chance } from '../testing/fuzz/chance.js';
import { mutateBytes } from '../testing/fuzz/bytes.js';
import { howMany } from '../testing/modes.js';
import { inflate as inBrowsers } from './browser-inflate.js';
import { inflate as inNode } from './inflate.js';

/** Bytes as images have them: blank runs, repeats, and noise. */
const content = Uint8Array.from({ length: 300_000 }, (_, i) =>
  i % 7000 < 3000 ? 0 : ((i * 2654435761) >>> (i % 28 < 14 ? 24 : 30)) & 255,
);
const streams = {
  packed: deflateRawSync(content),
  stored: deflateRawSync(content, { level: 0 }),
  'of fixed codes': deflateRawSync(content, { strategy: constants.Z_FIXED }),
  short: deflateRawSync(content.subarray(0, 9)),
  empty: deflateRawSync(new Uint8Array()),
};
const bomb = deflateRawSync(new Uint8Array(2 ** 28), { level: 1 });
const behind = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);

describe.each([
  ['zlib', inNode],
  ['fflate', inBrowsers],
])('%s', (_, inflate) => {
  test.each(Object.entries(streams))('unpacks a stream, %s, and says where it ends', (__, stream) => {
    const bytes = Buffer.concat([stream, behind]);
    const result = inflate(bytes, { maxBytes: content.length });
    expect(result).toMatchObject({ consumed: stream.length });
    const length = 'content' in result ? result.content.length : -1;
    expect('content' in result && Buffer.from(result.content).equals(content.subarray(0, length))).toBe(true);
    expect(inflate(stream, { maxBytes: Math.max(length, 1), inPieces: true })).toMatchObject({
      consumed: stream.length,
    });
  });

  test('a bound is a bound, whatever the stream would unpack to', () => {
    expect(inflate(streams.packed, { maxBytes: content.length - 1 })).toMatchObject({ failure: 'too-large' });
    const before = process.memoryUsage().arrayBuffers;
    expect(inflate(bomb, { maxBytes: 1000 })).toMatchObject({ failure: 'too-large' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 27);
  });

  test('what is cut off is refused, or gives its start where that is asked for', () => {
    const cut = streams.packed.subarray(0, 2000);
    expect(inflate(cut, { maxBytes: content.length })).toMatchObject({ failure: 'cut-off' });
    const start = inflate(cut, { maxBytes: content.length, startOnly: true });
    expect('content' in start && start.content.length).toBeGreaterThan(2000);
    expect('content' in start && content.subarray(0, start.content.length)).toEqual(
      'content' in start && new Uint8Array(start.content),
    );
  });

  test('no stream is damaged', () => {
    expect(inflate(Uint8Array.of(7, 7, 7, 7, 7), { maxBytes: 100 })).toMatchObject({ failure: 'damaged' });
  });
});

test('what zlib accepts, fflate unpacks to the same bytes, and none of both throws', () => {
  const seeds = Object.values(streams).map((stream) => stream.subarray(0, 3000));
  const how = { maxBytes: 2 ** 20 };
  for (let i = 0; i < howMany(1000, 100_000); i++) {
    const chance = new Chance('inflate', 1, i);
    const bytes = mutateBytes(chance.one(seeds), chance, seeds);
    const [node, browser] = [inNode(bytes, how), inBrowsers(bytes, how)];
    if ('failure' in node) continue;
    expect(browser, `input ${i}`).toMatchObject({ consumed: node.consumed });
    expect('content' in browser && Buffer.from(browser.content).equals(node.content)).toBe(true);
  }
});

test('the CRC-32 in JavaScript is that of zlib', () => {
  for (const bytes of [...Object.values(streams), content]) expect(crc32(bytes)).toBe(zlibCrc32(bytes));
});
