import { bytesOf, dtypeOf, requireWhole, type Tensor } from './tensor.js';

/** numpy's names of the types: byte order, kind, bytes. */
const typeNames = { I64: '<i8', F64: '<f8', F32: '<f4', U32: '<u4', U8: '|u1' } as const;

const signature = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);

/**
 * Writes one array as .npy (numpy.lib.format, version 1.0): the signature, the length of the header as u16, a Python dict padded
 * so that the data starts at a multiple of 64, then the data in C order.
 * @throws EngineError `bug` if the data does not fill the shape
 */
export function encodeNpy(tensor: Tensor, name = 'array'): Uint8Array<ArrayBuffer> {
  requireWhole(name, tensor);
  const { shape, data } = tensor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${typeNames[dtypeOf(data)]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((signature.length + 2 + dict.length + 1) / 64) * 64;
  const headerLength = start - signature.length - 2;
  const file = new Uint8Array(start + data.byteLength);
  file.set(signature);
  new DataView(file.buffer).setUint16(signature.length, headerLength, true);
  file.set(Buffer.from(`${dict.padEnd(headerLength - 1)}\n`, 'latin1'), signature.length + 2);
  file.set(bytesOf(data), start);
  return file;
}
