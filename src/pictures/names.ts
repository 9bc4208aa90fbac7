/**
 * What pictures are called in a folder; a file that is named itself may be called anything. BMP is not read,
 * and is told so rather than passed over.
 */
export const pictureEndings: readonly string[] = [
  '.png',
  '.jpg',
  '.jpeg',
  '.jfif',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
  '.gif',
  '.bmp',
];

/** Whether a file's name says that it is a picture. */
export function isPictureName(name: string): boolean {
  return pictureEndings.includes(/[^/\\](\.[^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? '');
}
