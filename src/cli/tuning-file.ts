/** Tuning files as commands take them: told, and held against the adapter that was opened. */
import { requireSameAdapter } from '../kernels/index.js';
import type { NamedTuning } from '../runs/tuning-file.js';
import type { Engine, Session } from './engine.js';
import type { Output } from './output.js';

export { readTuning, type NamedTuning } from '../runs/tuning-file.js';

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
