import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from '../../base/errors.js';
import type { Trace } from '../../report/profile/trace.js';
import type { Output } from '../output.js';
import { checkOutputDirectory, replaceFile } from '../save.js';

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

/** Writes a trace, and the directory that it lies in if that is missing, and says how to look at it. */
export function saveTrace(path: string, { otherData, traceEvents }: Trace, output: Output): void {
  // An event per line: such files are searched, too. Perfetto reads in order, and stops at what it does not expect.
  const events = traceEvents.map((event) => JSON.stringify(event)).join(',\n');
  mkdirSync(dirname(path), { recursive: true });
  replaceFile(path, `{"otherData":${JSON.stringify(otherData)},\n"traceEvents":[\n${events}\n]}\n`);
  output.result(`\ntrace: ${path}, ${traceEvents.length} events (open it in https://ui.perfetto.dev)`);
  output.event({ event: 'trace', path, events: traceEvents.length });
}
