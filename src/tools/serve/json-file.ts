/** Reads JSON files that others may be writing, or may have damaged: what cannot be read is null. */
import { closeSync, fstatSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parseJson } from '../../base/schema.js';
import { openInPlace } from './open-in-place.js';

/** What a page takes out of a file, kept until the file is another one. */
export type JsonReader<Facts> = (path: string) => Facts | null;

const mostKept = 2000;

/**
 * @param extract what is wanted of the content, so that large files are not kept whole; null if it is something else
 * @param largest files with more bytes than this are not read
 */
export function jsonReader<Facts>(
  extract: (content: Json) => Facts | null,
  largest: number,
): JsonReader<Facts> {
  const kept = new Map<string, { readonly version: string; readonly facts: Facts | null }>();
  return (path) => {
    const file = openInPlace(path);
    if (file === null) return null;
    try {
      const { ino, size, mtimeMs } = fstatSync(file);
      const version = `${ino} ${size} ${mtimeMs}`;
      const before = kept.get(path);
      if (before?.version === version) return before.facts;
      const facts = size > largest ? null : extract(parse(readFileSync(file), path, largest));
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

/** A JSON value of which nothing is known. */
export interface Json {
  /** The value at a path of names, or what is nothing where there is none. */
  readonly at: (...names: readonly (string | number)[]) => Json;
  readonly text: () => string | null;
  /** Finite numbers only. */
  readonly number: () => number | null;
  readonly list: () => readonly Json[];
}

const longestText = 500;

function parse(bytes: Uint8Array, file: string, largest: number): Json {
  return json(parseJson(v.unknown(), bytes, { file, remedy: '', largest }));
}

/** Wraps a parsed value. */
export function json(value: unknown): Json {
  return {
    at: (...names) => json(names.reduce(member, value)),
    text: () => (typeof value === 'string' ? value.slice(0, longestText) : null),
    number: () => (typeof value === 'number' && Number.isFinite(value) ? value : null),
    list: () => (Array.isArray(value) ? value.map(json) : []),
  };
}

function member(value: unknown, name: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[name];
}
