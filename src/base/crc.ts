/** Cyclic redundancy checks of 32 bits, in JavaScript: as unsigned numbers. */

/** @param polynomial with its bits reversed */
function crcBy(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++)
      remainder = (remainder >>> 1) ^ ((remainder & 1) === 1 ? polynomial : 0);
    return remainder;
  });
  return (bytes) => {
    let crc = 0xffff_ffff;
    for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
    return (crc ^ 0xffff_ffff) >>> 0;
  };
}

/** CRC-32C (Castagnoli; RFC 3720, appendix B.4). */
export const crc32c = crcBy(0x82f63b78);

/** The CRC-32 of gzip, zip and PNG (RFC 1952, section 8). */
export const crc32 = crcBy(0xedb88320);
