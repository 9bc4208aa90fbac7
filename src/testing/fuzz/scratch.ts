import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];

/** An empty folder of its own, until `removeScratch`. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-fuzz-'));
  made.push(folder);
  return folder;
}

/** A place for the one file that is read again and again. */
export function scratchFile(name: string): string {
  return join(scratchFolder(), name);
}

/** Removes every folder that was made. */
export function removeScratch(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}
