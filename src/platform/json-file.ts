/** Reads JSON files, for every room above. */
import { readFileSync, statSync } from 'node:fs';
import { unreadable } from '../base/bad-file.js';
import { checkSize, parseJson, type JsonFile, type Schema } from '../base/schema.js';

/**
 * Reads a file whole; one that is too large is refused before it is read.
 * @throws EngineError `no-data` if it cannot be read, `bad-file` if it is too large
 */
export function readBounded(about: JsonFile): Uint8Array {
  try {
    checkSize(statSync(about.file).size, about);
    return readFileSync(about.file);
  } catch (cause) {
    throw unreadable(about.file, cause);
  }
}

/** @throws EngineError as `readBounded` and `parseJson` */
export function readJsonFile<T>(schema: Schema<T>, about: JsonFile): T {
  return parseJson(schema, readBounded(about), about);
}

/**
 * As `readJsonFile`, for records that nothing depends on: null if the file is missing, damaged or too large.
 */
export function tryReadJsonFile<T>(schema: Schema<T>, file: string, largest = 2 ** 22): T | null {
  try {
    return readJsonFile(schema, { file, remedy: '', largest });
  } catch {
    return null;
  }
}
