/** Reads runs that were written. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import type { Summary } from '../experiments/index.js';
import { commandLine } from '../platform/command-line.js';
import { readJsonFile } from '../platform/json-file.js';
import { latestName, runFiles, runsDirectory } from './layout.js';
import { checkSummary, damaged } from './summary-schema.js';

export interface FinishedRun {
  readonly directory: string;
  readonly summary: Summary;
}

/**
 * Opens a run that finished.
 * @param name its directory, its summary.json, or `latest`
 * @throws EngineError `no-data` if there is none, `bad-file` if its summary is damaged or of another schema
 */
export function openRun(name: string): FinishedRun {
  const directory = runDirectoryOf(name);
  const file = join(directory, runFiles.summary);
  if (!existsSync(file))
    throw new EngineError('no-data', `there is no finished run in ${directory}`, {
      found: `no ${file}`,
      expected: `a directory with ${runFiles.summary}`,
      remedy: `name the directory that ${commandLine('train')} wrote, or latest`,
    });
  const content = readJsonFile(v.unknown(), { ...damaged, file });
  // That of a whole series has no variants of its own.
  const { schema, experiment, variants, selected } = (content ?? {}) as Partial<Summary>;
  if (schema !== 1 || !Array.isArray(variants) || typeof selected !== 'object')
    throw new EngineError('bad-file', `${file} is no summary of an experiment`, {
      found: `schema ${shown(schema)}, experiment ${shown(experiment)}`,
      expected: 'a summary of schema 1 with variants and a selected run',
      remedy: 'name the directory of a run of one experiment; of a whole series, one of the folders in it',
    });
  return { directory, summary: checkSummary(content, file) };
}

/** `latest`, a directory, or a file in one. */
export function runDirectoryOf(name: string): string {
  if (name === latestName) return join(runsDirectory, latestName);
  return basename(name) === runFiles.summary ? dirname(name) : name;
}
