/** The units of a run, as its directory says. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EngineError } from '../../base/errors.js';
import { openRecord, parseJson, whole } from '../../base/schema.js';
import { commandLine } from '../../platform/command-line.js';
import { readBounded } from '../../platform/json-file.js';
import { runFiles } from '../../runs/index.js';
import type { UnitsOfRun } from './job.js';

const configSchema = openRecord({ options: openRecord({ units: v.optional(whole(1)) }) });

/**
 * Reads how a run is cut.
 * @throws EngineError `no-data` if there is no such run, `bad-file` if its config.json is damaged, `usage`
 *   if it is not cut into units
 */
export function unitsOfRun(run: string): UnitsOfRun {
  const file = join(run, runFiles.config);
  const cut = commandLine('train', '... --out', run, '--units N');
  if (!existsSync(file))
    throw new EngineError('no-data', `there is no run in ${run}`, {
      found: `no ${file}`,
      expected: 'the directory of a run that is cut into units',
      remedy: `make it: ${cut}`,
    });
  const about = { file, remedy: 'bring the file back from a copy', largest: 2 ** 22 };
  const bytes = readBounded(about);
  const { units } = parseJson(configSchema, bytes, about).options;
  if (units === undefined)
    throw new EngineError('usage', `${run} is not cut into units`, {
      found: `no units in ${file}`,
      expected: 'a run that several machines can train',
      remedy: `make another: ${cut}`,
    });
  return { units, configSha256: createHash('sha256').update(bytes).digest('hex') };
}

/** The units that have no results yet, in order. */
export function unitsWithoutResult(run: string, { units }: UnitsOfRun): number[] {
  const all = Array.from({ length: units }, (_, unit) => unit);
  return all.filter((unit) => !existsSync(join(run, 'units', `${unit}-of-${units}`, 'result.json')));
}
