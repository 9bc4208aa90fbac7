/** JSON files, for every room above. */
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

/** JSON for files that people open too: indented, but a list of numbers stays on one line. */
export function jsonText(value: unknown): string {
  // Only line breaks outside strings are matched: inside a string they are escaped.
  const number = String.raw`(?:-?\d[\d.eE+-]*|null)`;
  const list = new RegExp(String.raw`\[\n\s+(${number}(?:,\n\s+${number})*)\n\s+\]`, 'g');
  const oneLine = (_: string, numbers: string): string => `[${numbers.replace(/\n\s+/g, ' ')}]`;
  return `${JSON.stringify(value, null, 2).replace(list, oneLine)}\n`;
}
