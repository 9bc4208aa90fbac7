/** Paths in the record of a run, which are as they were written where the run began. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import * as v from 'valibot';
import { openRecord, text } from '../base/schema.js';
import { parseDataSpec } from '../data/spec.js';
import { tryReadJsonFile } from '../platform/json-file.js';
import { runFiles } from '../runs/index.js';

const schema = openRecord({ workingDirectory: v.optional(text()) });

/** Where a run began, as its config.json says; undefined for runs of earlier versions. */
export function recordedFolder(run: string): string | undefined {
  return tryReadJsonFile(schema, join(run, runFiles.config))?.workingDirectory;
}

/**
 * A relative path as seen from here: where the run began if it leads somewhere from there, else from here.
 */
export function recordedPath(path: string, folder: string | undefined): string {
  if (folder === undefined || isAbsolute(path) || folder === process.cwd()) return path;
  const there = join(folder, path);
  // What is in neither place is looked for where the run began; a path may be the start of names.
  const isThere = existsSync(there) || (!existsSync(path) && existsSync(dirname(there)));
  return isThere ? there : path;
}

/** As `recordedPath`, of what `--data` takes: most of its words are no paths. */
export function recordedData(spec: string, folder: string | undefined): string {
  return parseDataSpec(spec).kind === 'directory' ? recordedPath(spec, folder) : spec;
}
