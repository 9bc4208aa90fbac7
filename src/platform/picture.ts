/**
 * Pictures decoded by sharp, because libvips reads more kinds, and more safely, than a reader of our own. It
 * is loaded on use.
 */
import type Sharp from 'sharp';
import { loadPackage } from '../base/load-package.js';
import type { DecodePicture } from './contract.js';

/**
 * libvips's loaders of what is read. All others are blocked, SVG and PDF among them, which can do far more.
 */
const loaders = [
  'VipsForeignLoadJpeg',
  'VipsForeignLoadPng',
  'VipsForeignLoadWebp',
  'VipsForeignLoadHeif',
  'VipsForeignLoadTiff',
  'VipsForeignLoadNsgif',
];

let loaded: Promise<typeof Sharp> | undefined;

async function loadSharp(): Promise<typeof Sharp> {
  const { default: sharp } = await loadPackage('reading a picture', 'sharp', import('sharp'));
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
  // Each picture is read once: to keep it would only take memory.
  sharp.cache(false);
  return sharp;
}

/** Memory: 1 MiB, and what libvips needs: some rows, or where the format asks for it all of them. */
export const decodePicture: DecodePicture = async (bytes, { pixels, side, shrinkTo }) => {
  const sharp = await (loaded ??= loadSharp());
  const options = { failOn: 'warning', limitInputPixels: pixels } as const;
  try {
    const { width, height } = await sharp(bytes, options).metadata();
    if (width * height > pixels || Math.max(width, height) > side)
      return { tooLarge: `${width} x ${height} pixels` };
    const { data, info } = await sharp(bytes, options)
      .autoOrient()
      .resize({ width: shrinkTo, height: shrinkTo, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: data };
  } catch (cause) {
    const tooLarge = cause instanceof Error && cause.message.includes('pixel limit') ? cause.message : null;
    if (tooLarge !== null) return { tooLarge };
    throw cause;
  }
};
