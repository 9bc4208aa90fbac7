import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file through a temporary name beside it: a reader sees the old file or the new one, never half of one. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
