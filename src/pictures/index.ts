/** Pictures as people have them, and the images that networks are given of them. */
export { convertPicture, type Converted } from './convert.js';
export { assumedFormat, type Frame, type InputFormat } from './input-format.js';
export { brightness } from './plane.js';
export type { Picture } from './read.js';
export { readPicture } from './read-file.js';
export { resample } from './resample.js';
