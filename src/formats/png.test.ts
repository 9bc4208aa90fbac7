import { expect, test } from 'vitest';
import { integers } from '../../kernels.test/arrays.js';
import { EngineError } from '../base/errors.js';
import { decodePicture } from '../pictures/read.js';
import { encodePng } from './png.js';

const pixels = Uint8Array.from(integers(20 * 30, 3, 256));

test('what is written in grey is read as it was', async () => {
  const bytes = encodePng({ width: 20, height: 30, channels: 1, pixels });
  const { width, height, rgba, format } = await decodePicture(bytes, 'a.png');
  expect({ width, height, format }).toEqual({ width: 20, height: 30, format: 'png' });
  expect([...rgba]).toEqual([...pixels].flatMap((level) => [level, level, level, 255]));
});

test('so is what is written in colours', async () => {
  const bytes = encodePng({ width: 20, height: 10, channels: 3, pixels });
  const { rgba } = await decodePicture(bytes, 'a.png');
  const colours = rgba.filter((_, i) => i % 4 < 3);
  expect([...colours]).toEqual([...pixels]);
});

test('pixels that do not fill the frame are a bug', () => {
  expect(() => encodePng({ width: 20, height: 31, channels: 1, pixels })).toThrow(EngineError);
});
