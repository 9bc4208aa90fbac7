/** The adapter of a command: opened for as long as its work takes, with the tuning file that was named. */
import type { Output } from '../base/output.js';
import type { Dataset } from '../data/dataset.js';
import { requireSameAdapter } from '../kernels/index.js';
import { readTuning, type NamedTuning } from '../runs/tuning-file.js';
import { interrupted } from './tell-error.js';
import type { RunContext } from './command.js';
import type { Engine, Session } from './engine.js';
import { dataProgress } from './live.js';

/** `FILE, 3 choices before the rules`. */
export function describeTuning({ file, tuning }: NamedTuning): string {
  const { length } = tuning.entries;
  return `${file}, ${length} ${length === 1 ? 'choice' : 'choices'} before the rules`;
}

/** Reads the tuning file that was named, if one was, and says so. @throws as `readTuning` */
export function readTuningFile(file: string | undefined, output: Output): NamedTuning | null {
  if (file === undefined) return null;
  const named = readTuning(file);
  output.info(`tuning:  ${describeTuning(named)}`);
  output.event({ event: 'tuning', file, sha256: named.sha256 });
  return named;
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

/** An adapter that is open, and what else is loaded only once the command line is known to be right. */
export interface OpenAdapter {
  readonly session: Session;
  readonly tuning: NamedTuning | null;
  readonly loadData: (spec: string) => Promise<Dataset>;
}

/**
 * Opens the adapter that the settings name, and closes it when the work is done or has failed.
 * @throws EngineError as `openSession`, before `work` begins
 */
export async function withAdapter<T>(
  context: RunContext,
  { adapter, tuning: file }: { readonly adapter: string | undefined; readonly tuning?: string | undefined },
  work: (open: OpenAdapter) => Promise<T>,
): Promise<T> {
  const tuning = file === undefined ? null : readTuning(file);
  const engine = await context.loadEngine();
  const session = await openSession(engine, adapter, tuning);
  try {
    return await work({ session, tuning, loadData: (spec) => loadData(engine, spec, context) });
  } finally {
    session.close();
  }
}

/**
 * Finds the images that a spec names, downloading them where that is needed. @throws EngineError `no-data`,
 * `bad-file`, `interrupted`
 */
export async function loadData(
  engine: Engine,
  spec: string,
  { signal, output }: Pick<RunContext, 'signal' | 'output'>,
): Promise<Dataset> {
  const dataset = await engine.resolveDataset(spec, { signal, ...dataProgress(output) });
  output.clear();
  if (signal.aborted) throw interrupted();
  return dataset;
}
