/** Pictures decoded by the browser, in a page and in its workers. */
import type { DecodePicture } from './contract.js';

/** What this module asks of a browser, so that it compiles beside Node's types. */
interface Browser {
  readonly createImageBitmap: (
    source: Blob,
    options: { readonly premultiplyAlpha: 'none' },
  ) => Promise<Bitmap>;
  readonly OffscreenCanvas: new (
    width: number,
    height: number,
  ) => {
    readonly getContext: (
      kind: '2d',
      options: { readonly willReadFrequently: boolean },
    ) => {
      imageSmoothingQuality: string;
      readonly drawImage: (bitmap: Bitmap, x: number, y: number, width: number, height: number) => void;
      readonly getImageData: (
        x: number,
        y: number,
        width: number,
        height: number,
      ) => { readonly data: Uint8ClampedArray };
    };
  };
}

interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly close: () => void;
}

const browser = globalThis as unknown as Browser;

/** Memory: all pixels of the picture, which the browser decodes as a whole. */
export const decodePicture: DecodePicture = async (bytes, { pixels, side, shrinkTo }) => {
  const isTooLarge = (width: number, height: number): boolean =>
    width * height > pixels || Math.max(width, height) > side;
  const stated = statedSize(bytes);
  if (stated !== null && isTooLarge(...stated)) return { tooLarge: `${stated.join(' x ')} pixels` };
  // Its orientation is that of its EXIF data, as a viewer shows it.
  const bitmap = await browser.createImageBitmap(new Blob([Uint8Array.from(bytes)]), {
    premultiplyAlpha: 'none',
  });
  try {
    if (isTooLarge(bitmap.width, bitmap.height))
      return { tooLarge: `${bitmap.width} x ${bitmap.height} pixels` };
    const scale = Math.min(1, shrinkTo / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((each) =>
      Math.max(1, Math.round(scale * each)),
    );
    const context = new browser.OffscreenCanvas(width!, height!).getContext('2d', {
      willReadFrequently: true,
    });
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width!, height!);
    const { data } = context.getImageData(0, 0, width!, height!);
    return { width: width!, height: height!, rgba: new Uint8Array(data.buffer) };
  } finally {
    bitmap.close();
  }
};

/** Of the kinds that pack blank pixels best: a small file must not take gigabytes before it is refused. */
function statedSize(bytes: Uint8Array): [width: number, height: number] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 24) return null;
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return [view.getUint32(16), view.getUint32(20)];
  if (bytes[0] === 0x47 && bytes[1] === 0x49) return [view.getUint16(6, true), view.getUint16(8, true)];
  return null;
}
