/** Reads runs that were written. */
import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { reasonOf, shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import type { Summary } from '../experiments/index.js';
import { checkSummary } from './check-summary.js';
import { hasTooManyParts } from './json-parts.js';
import { latestName, runFiles, runsDirectory } from './layout.js';

/** A run that finished. */
export interface Run {
  readonly directory: string;
  readonly summary: Summary;
}

/** A summary of 1,000 seeds has some 50 MB; reading one of 64 MB takes at most some 800 MB and 3 s. */
const largestJson = 2 ** 26;

/**
 * Opens a run that finished.
 * @param name its directory, its summary.json, or `latest`
 * @throws EngineError `no-data` if there is none, `bad-file` if its summary is damaged or of another schema
 */
export function openRun(name: string): Run {
  const directory = runDirectoryOf(name);
  const path = join(directory, runFiles.summary);
  const summary = readJson(path, directory);
  if (!isOfOneExperiment(summary))
    throw new EngineError('bad-file', `${path} is no summary of an experiment`, {
      found: kindOf(summary),
      expected: 'a summary of schema 1 with variants and a selected run',
      remedy: 'name the directory of a run of one experiment; of a whole series, one of the folders in it',
    });
  return { directory, summary: checkSummary(summary, path) };
}

/** `latest`, a directory, or a file in one. */
export function runDirectoryOf(name: string): string {
  if (name === latestName) return join(runsDirectory, latestName);
  return basename(name) === runFiles.summary ? dirname(name) : name;
}

function readJson(path: string, directory: string): unknown {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > largestJson)
      throw new EngineError('bad-file', `${path} is too large for a summary`, {
        found: `${size} bytes`,
        expected: `at most ${largestJson}`,
        remedy: 'name a run of wgsl-train',
      });
    const bytes = readFileSync(path);
    if (hasTooManyParts(bytes))
      throw new EngineError('bad-file', `${path} is damaged`, {
        found: 'millions of lists or texts',
        expected: 'a summary as train.js wrote it',
        remedy: 'bring the file back from a copy, or train again',
      });
    text = bytes.toString('utf8');
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('no-data', `there is no finished run in ${directory}`, {
      found: cause instanceof Error ? cause.message : String(cause),
      expected: `a directory with ${runFiles.summary}`,
      remedy: 'name the directory that node scripts/train.js wrote, or latest',
      cause,
    });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError('bad-file', `${path} is not JSON`, {
      found: reasonOf(cause),
      remedy: 'train again, or bring the file back from a copy',
      cause,
    });
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** That of a whole series has no variants of its own. */
function isOfOneExperiment(value: unknown): boolean {
  return isRecord(value) && value.schema === 1 && Array.isArray(value.variants) && isRecord(value.selected);
}

function kindOf(value: unknown): string {
  if (!isRecord(value)) return 'no JSON object';
  return `schema ${shown(value.schema)}, experiment ${shown(value.experiment)}`;
}
