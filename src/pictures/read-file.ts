import { readBounded } from '../platform/json-file.js';
import { decodePicture, pictureBound, type Picture } from './read.js';

/**
 * Reads a picture as `decodePicture` does. Memory: the file, and what decoding it takes.
 * @throws EngineError as it does; `no-data` if it cannot be read; `bad-file` if it has more than 64 MiB
 */
export async function readPicture(file: string): Promise<Picture> {
  return decodePicture(readBounded({ file, ...pictureBound }), file);
}
