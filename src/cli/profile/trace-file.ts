import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { traceOf } from '../../profile/trace.js';
import type { Ceilings } from '../../profile/ceilings.js';
import type { Recording } from '../../profile/group-profile.js';
import type { Output } from '../output.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { versions } from '../../platform/version.js';

/**
 * Refuses a file for `--trace` that could not be written, before anything is measured for it. Touches nothing.
 * @throws EngineError `usage`
 */
export function checkTraceFile(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory())
    throw new EngineError('usage', `--trace ${path} cannot be written to`, {
      found: 'a directory',
      expected: 'the name of a file',
      remedy: `for example --trace ${path.replace(/\/*$/, '')}/trace.json`,
    });
  checkOutputDirectory(dirname(path), '--trace');
}

/**
 * Writes the trace of a run, and the directory that it lies in if that is missing, and says how to look at it.
 * @param facts about the run, for the trace's metadata
 */
export function saveTrace(
  path: string,
  recordings: readonly Recording[],
  ceilings: Ceilings,
  facts: { readonly adapter: string } & Readonly<Record<string, unknown>>,
  output: Output,
): void {
  const { otherData, traceEvents } = traceOf(recordings, ceilings, facts.adapter, {
    ...facts,
    ...versions(),
  });
  // An event per line: such files are searched, too. Perfetto reads in order, and stops at what it does not expect.
  const events = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  replaceFile(path, `{"otherData":${JSON.stringify(otherData)},\n"traceEvents":[\n${events}\n]}\n`);
  const { complete } = otherData;
  const early = complete ? '' : ', of the first part of the run only';
  output.result(
    `\ntrace: ${path}, ${traceEvents.length} events${early} (open it in https://ui.perfetto.dev)`,
  );
  output.event({ event: 'trace', path, events: traceEvents.length, complete });
}
