/*
 * A font of 5x7 pixels, so that pictures can carry a few words on machines without any fonts.
 * Capitals, digits and some signs; two hexadecimal digits per row of a glyph, the leftmost pixel being bit 4.
 */
const glyphs: Readonly<Record<string, string>> = {
  A: '0e11111f111111',
  B: '1e11111e11111e',
  C: '0e11101010110e',
  D: '1e11111111111e',
  E: '1f10101e10101f',
  F: '1f10101e101010',
  G: '0e11101711110f',
  H: '1111111f111111',
  I: '0e04040404040e',
  J: '0702020202120c',
  K: '11121418141211',
  L: '1010101010101f',
  M: '111b1515111111',
  N: '11191513111111',
  O: '0e11111111110e',
  P: '1e11111e101010',
  Q: '0e11111115120d',
  R: '1e11111e141211',
  S: '0f10100e01011e',
  T: '1f040404040404',
  U: '1111111111110e',
  V: '11111111110a04',
  W: '1111111515150a',
  X: '11110a040a1111',
  Y: '11110a04040404',
  Z: '1f01020408101f',
  '0': '0e11131519110e',
  '1': '040c040404040e',
  '2': '0e11010608101f',
  '3': '1f02040201110e',
  '4': '02060a121f0202',
  '5': '1f101e0101110e',
  '6': '0608101e11110e',
  '7': '1f010204080808',
  '8': '0e11110e11110e',
  '9': '0e11110f01020c',
  ':': '00040400040400',
  '/': '01010204081010',
  '.': '00000000000c0c',
  ',': '000000000c0408',
  '-': '0000001f000000',
  '(': '02040808080402',
  ')': '08040202020408',
  '?': '0e110102040004',
  ' ': '00000000000000',
};

/** Height of the letters, and the distance from one letter's left edge to the next one's. */
export const letterHeight = 7;
export const letterAdvance = 6;

/**
 * Calls `set` for every inked pixel of the text's letters, relative to the top left corner of the first one.
 * Small letters appear as capitals, unknown ones as question marks.
 */
export function drawText(text: string, set: (x: number, y: number) => void): void {
  Array.from(text.toUpperCase()).forEach((letter, index) => {
    const rows = glyphs[letter] ?? glyphs['?']!;
    for (let y = 0; y < letterHeight; y++) {
      const bits = Number.parseInt(rows.slice(2 * y, 2 * y + 2), 16);
      for (let x = 0; x < 5; x++) if (bits & (16 >> x)) set(index * letterAdvance + x, y);
    }
  });
}
