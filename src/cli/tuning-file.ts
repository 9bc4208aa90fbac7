/** Tuning files as commands take them: read before anything is opened, and held against the adapter that was. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { EngineError } from '../base/errors.js';
import { unreadable } from '../base/bad-file.js';
import { largestTuningFile, parseTuning, requireSameAdapter, type Tuning } from '../kernels/index.js';
import type { Engine, Session } from './engine.js';
import type { Output } from './output.js';

/** A tuning file that was named and read. */
export interface NamedTuning {
  /** As it was named. */
  readonly file: string;
  /** Of its bytes. */
  readonly sha256: string;
  readonly tuning: Tuning;
}

/** @throws EngineError `no-data` if there is no such file, `bad-file` if it is not a tuning file */
export function readTuning(file: string): NamedTuning {
  let bytes: Buffer;
  try {
    // Not to be read into memory, nor waited for, by mistake.
    const { size } = statSync(file);
    if (size > largestTuningFile)
      throw new EngineError('bad-file', `${file} is too large for a tuning file`, {
        found: `${size} bytes`,
        expected: `at most ${largestTuningFile}`,
        remedy: 'name a file that node scripts/tune.js wrote',
      });
    bytes = readFileSync(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return {
    file,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    tuning: parseTuning(bytes.toString('utf8'), file),
  };
}

/** `FILE, 3 choices before the rules`. */
export function describeTuning({ file, tuning }: NamedTuning): string {
  const { length } = tuning.entries;
  return `${file}, ${length} ${length === 1 ? 'choice' : 'choices'} before the rules`;
}

/** Says which tuning file is used, if one is; also as an event. */
export function tellTuning(output: Output, named: NamedTuning | null): void {
  if (named === null) return;
  output.info(`tuning:  ${describeTuning(named)}`);
  output.event({ event: 'tuning', file: named.file, sha256: named.sha256 });
}

/**
 * Opens an adapter with the choices of a tuning file, if one was named.
 * @throws EngineError `no-adapter`; `usage` if the file was measured on another adapter
 */
export async function openSession(
  engine: Engine,
  adapter: string | undefined,
  named: NamedTuning | null,
): Promise<Session> {
  const session = await engine.open({
    ...(adapter !== undefined && { adapter }),
    ...(named !== null && { tuning: named.tuning.entries }),
  });
  try {
    if (named !== null) requireSameAdapter(named.tuning, session.adapter, named.file);
  } catch (error) {
    session.close();
    throw error;
  }
  return session;
}
