/** Reads JSON files that others may be writing, or may have damaged: what cannot be read is null. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseJson, record, type Schema } from '../../base/schema.js';
import { openInPlace } from './open-in-place.js';

/** What a page takes out of a file, kept until the file is another one. */
export type JsonReader<Facts> = (path: string) => Facts | null;

const mostKept = 2000;

/**
 * @param schema takes over what is wanted, so that large files are not kept whole
 * @param largest files with more bytes than this are not read
 */
export function jsonReader<Facts>(schema: Schema<Facts>, largest: number): JsonReader<Facts> {
  const kept = new Map<string, { readonly version: string; readonly facts: Facts | null }>();
  return (path) => {
    const file = openInPlace(path);
    if (file === null) return null;
    try {
      const { ino, size, mtimeMs } = fstatSync(file);
      const version = `${ino} ${size} ${mtimeMs}`;
      const before = kept.get(path);
      if (before?.version === version) return before.facts;
      const facts = size > largest ? null : parsed(schema, readFileSync(file), path);
      if (kept.size >= mostKept) kept.clear();
      kept.set(path, { version, facts });
      return facts;
    } catch {
      return null;
    } finally {
      closeSync(file);
    }
  };
}

function parsed<Facts>(schema: Schema<Facts>, content: Buffer, file: string): Facts | null {
  try {
    return parseJson(schema, content, { file, remedy: '', largest: Infinity });
  } catch {
    return null;
  }
}

const longestText = 500;

/** Schemas of parts that may be missing or damaged: such a part is null or empty, the others are read. */
export const lenient = {
  text: v.fallback(
    v.nullable(
      v.pipe(
        v.string(),
        v.transform((text) => text.slice(0, longestText)),
      ),
    ),
    null,
  ),
  number: v.fallback(v.nullable(v.pipe(v.number(), v.finite())), null),
  list: <T>(item: Schema<T>) => v.fallback(v.array(item), () => []),
  record: <const E extends v.ObjectEntries>(entries: E) => {
    const schema = record(entries);
    return v.fallback(schema, () => v.parse(schema, {}));
  },
};
