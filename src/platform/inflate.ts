/** Deflate by Node's zlib. */
import { constants, inflateRawSync } from 'node:zlib';
import type { Inflate } from './contract.js';

export const inflate: Inflate = (bytes, { maxBytes, startOnly = false, inPieces = false }) => {
  // With `info` the call returns the engine too, which the types of Node do not say.
  const options = {
    info: true,
    // zlib refuses a bound of 0.
    maxOutputLength: Math.max(1, maxBytes),
    // In one piece, whose pages are had as they are filled: zlib would join many, and so take twice the
    // memory.
    ...(!startOnly && !inPieces && { chunkSize: Math.max(64, maxBytes + 1) }),
    finishFlush: startOnly ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
  };
  try {
    const { buffer, engine } = inflateRawSync(bytes, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return { content: buffer, consumed: engine.bytesWritten };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const failure =
      code === 'ERR_BUFFER_TOO_LARGE' ? 'too-large' : code === 'Z_BUF_ERROR' ? 'cut-off' : 'damaged';
    return { failure, cause };
  }
};
