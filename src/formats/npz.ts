import { EngineError } from '../base/errors.js';
import { encodeNpy } from './npy.js';
import type { Tensors } from './tensor.js';
import { encodeZip } from './zip.js';

export interface NpzOptions {
  /**
   * Packs the arrays, as `numpy.savez_compressed` does: worth it for images, not for weights. Stored ones, the default, are the
   * same bytes everywhere; packed ones wherever the same zlib packs them.
   */
  readonly deflate?: boolean;
}

/**
 * Writes arrays as .npz, which `numpy.load` reads by these names.
 * @param arrays names of letters, digits, `.`, `_` and `-`; they become file names in the archive
 * @throws EngineError `bug`: another name, data that does not fill its shape, or more than 4 GB
 */
export function encodeNpz(arrays: Tensors, options: NpzOptions = {}): Buffer {
  const entries = Array.from(arrays, ([name, tensor]) => {
    if (!/^[\w.-]{1,200}$/.test(name))
      throw new EngineError('bug', 'An array has a name that is no plain file name', {
        found: JSON.stringify(name),
        expected: '1 to 200 letters, digits, ".", "_" and "-"',
      });
    return { name: `${name}.npy`, content: encodeNpy(tensor, name) };
  });
  return encodeZip(entries, options.deflate === true ? 'deflate' : 'store');
}
