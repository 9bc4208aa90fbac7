/** Mutated pictures: what cannot be read is refused, and of what can an image comes. */
import { crc32, deflateSync } from 'node:zlib';
import { join, u32be } from '../../formats/testing/bytes.js';
import { mutateBytes } from '../../testing/fuzz/bytes.js';
import type { Chance } from '../../testing/fuzz/chance.js';
import { orRefused, relyOn, type Target } from '../../testing/fuzz/target.js';
import { convertPicture } from '../convert.js';
import { assumedFormat } from '../input-format.js';
import { decodePicture } from '../read.js';
import { channels, chunk, png, rows as rowsOf, signature, type PngKind } from './png-writer.js';

const badFile = ['bad-file'] as const;
const format = assumedFormat({ rows: 28, columns: 28 });

const pictures: readonly PngKind[] = [
  { width: 6, height: 5, depth: 8, colour: 0 },
  { width: 6, height: 5, depth: 1, colour: 0, interlaced: true },
  { width: 5, height: 3, depth: 2, colour: 3 },
  { width: 3, height: 4, depth: 16, colour: 6, interlaced: true },
  { width: 4, height: 4, depth: 8, colour: 2, filter: (row) => row % 5 },
];
const palette = Uint8Array.from({ length: 12 }, (_, index) => 20 * index);
const pngs = pictures.map((kind) => {
  const samples = { length: kind.width * kind.height * channels[kind.colour]! };
  return png(
    kind,
    Array.from(samples, (_, index) => index % 2),
    ...(kind.colour === 3 ? [chunk('PLTE', palette)] : []),
  );
});

export const pictureTarget: Target = {
  name: 'picture',
  seeds: pngs,
  mutate: (chance) =>
    chance.oneIn(3) ? mutateBytes(chance.one(pngs), chance, pngs) : pictureOfChunks(chance),
  kinds: badFile,
  read: async (bytes) => {
    const picture = await decodePicture(bytes, 'a.png');
    const { width, height, rgba } = picture;
    relyOn(rgba.length === 4 * width * height, 'pixels are missing');
    const image = orRefused(() => convertPicture(picture, format, 'a.png').pixels);
    relyOn(image === null || image.length === 784, 'no image comes of it');
  },
};

/** Chunks whose contents are mutated, under checksums that are right; some left out, doubled or moved. */
function pictureOfChunks(chance: Chance): Uint8Array {
  const kind = chance.one(pictures);
  const samples = Array.from({ length: kind.width * kind.height * channels[kind.colour]! }, () =>
    chance.below(Math.min(2 ** kind.depth, kind.colour === 3 ? 4 : Infinity)),
  );
  const rows = rowsOf(kind, samples);
  const sizes = chance.oneIn(30) ? [2048, 2048] : [kind.width, kind.height];
  const mutated = (bytes: Uint8Array): Uint8Array =>
    chance.oneIn(3) ? mutateBytes(bytes, chance, [palette, rows]) : bytes;
  const header = join(u32be(...sizes), [kind.depth, kind.colour, 0, 0, kind.interlaced === true ? 1 : 0]);
  const chunks: (readonly [string, Uint8Array])[] = [
    ['IHDR', mutated(header)],
    ['PLTE', mutated(palette)],
    ['tRNS', mutated(palette.subarray(0, chance.one([1, 2, 6])))],
    [chance.one(['tEXt', 'tEXt', 'gAMA', 'ABCD', 'iTXt', '\u0000\u0001\u0002\u0003']), mutated(rows)],
    ['IDAT', mutated(deflateSync(mutated(rows)))],
    ['IEND', new Uint8Array()],
  ];
  const kept = chunks.filter(() => !chance.oneIn(8));
  if (chance.oneIn(8)) kept.push(chance.one(chunks));
  return join(
    signature,
    ...kept.map(([type, content]) => chunk(type, content, chance.oneIn(40) ? crc32(content) : undefined)),
  );
}
