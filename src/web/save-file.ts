import type { SavedFile } from './protocol.js';

/** Gives a file to the person, as a download. */
export function saveFile({ name, type, bytes }: SavedFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then, or never will.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
