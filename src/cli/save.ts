/** Writes results so that a reader sees the old file or the new one, never half of one. */
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from '../base/errors.js';
import { jsonText } from './json-text.js';

/**
 * Refuses an output directory that could not be made, before anything is computed for it. Touches nothing.
 * @param flag the option that named it
 * @throws EngineError `usage`
 */
export function checkOutputDirectory(directory: string, flag = '--out'): void {
  let nearest = resolve(directory);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  const refusal = (found: string): EngineError =>
    new EngineError('usage', `${flag} ${directory} cannot be written to`, {
      found,
      expected: 'a directory, or a path at which one can be made',
      remedy: `name another directory with ${flag}`,
    });
  if (!statSync(nearest).isDirectory()) throw refusal(`${nearest} is a file`);
  try {
    accessSync(nearest, constants.W_OK);
  } catch {
    throw refusal(`no permission to write in ${nearest}`);
  }
}

/**
 * Writes `directory/summary.json` through a temporary name. A summary that was there is kept as `summary.previous.json`.
 * @returns the path written
 */
export function saveSummary(directory: string, summary: unknown): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'summary.json');
  // A copy, not a move: summary.json is there all the time.
  if (existsSync(path)) copyFileSync(path, join(directory, 'summary.previous.json'));
  replaceFile(path, jsonText(summary));
  return path;
}

/** Writes a file through a temporary name beside it. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.${process.pid}.part`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
