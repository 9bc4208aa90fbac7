/*
 * A font of 5x7 pixels, so that pictures can carry a few words on machines without any fonts.
 * Capitals, digits and some signs, each followed by its glyph: two hexadecimal digits per row, the leftmost
 * pixel being bit 4.
 */
const glyphs = new Map(
  `A0e11111f111111 B1e11111e11111e C0e11101010110e D1e11111111111e E1f10101e10101f F1f10101e101010
   G0e11101711110f H1111111f111111 I0e04040404040e J0702020202120c K11121418141211 L1010101010101f
   M111b1515111111 N11191513111111 O0e11111111110e P1e11111e101010 Q0e11111115120d R1e11111e141211
   S0f10100e01011e T1f040404040404 U1111111111110e V11111111110a04 W1111111515150a X11110a040a1111
   Y11110a04040404 Z1f01020408101f 00e11131519110e 1040c040404040e 20e11010608101f 31f02040201110e
   402060a121f0202 51f101e0101110e 60608101e11110e 71f010204080808 80e11110e11110e 90e11110f01020c
   :00040400040400 /01010204081010 .00000000000c0c ,000000000c0408 -0000001f000000 (02040808080402
   )08040202020408 ?0e110102040004`
    .split(/\s+/)
    .map((word) => [word[0]!, word.slice(1)]),
).set(' ', '00000000000000');

/** Height of the letters, and the distance from one letter's left edge to the next one's. */
export const letterHeight = 7;
export const letterAdvance = 6;

/**
 * Calls `set` for every inked pixel of the text's letters, relative to the top left corner of the first one.
 * Small letters appear as capitals, unknown ones as question marks.
 */
export function drawText(text: string, set: (x: number, y: number) => void): void {
  Array.from(text.toUpperCase()).forEach((letter, index) => {
    const rows = glyphs.get(letter) ?? glyphs.get('?')!;
    for (let y = 0; y < letterHeight; y++) {
      const bits = Number.parseInt(rows.slice(2 * y, 2 * y + 2), 16);
      for (let x = 0; x < 5; x++) if (bits & (16 >> x)) set(index * letterAdvance + x, y);
    }
  });
}
