/**
 * Ten thousand real images that some tests use where they lie beside the repository; they are not part of it.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const kmnist10k = fileURLToPath(new URL('../../../shared/kmnist10k', import.meta.url));

/** Whether the images are there; says what is skipped where they are not. */
export function hasKmnist10k(skipped: string): boolean {
  const isThere = existsSync(kmnist10k);
  if (!isThere) console.warn(`skipped: ${skipped} needs ../shared/kmnist10k, which is not there`);
  return isThere;
}
