/** The files of a run that may be looked at. */
import { fstatSync } from 'node:fs';
import { join } from 'node:path';
import { runFiles } from '../../runs/index.js';
import { isPlainName, type ListedRun } from './catalogue.js';
import { isFolder, openInPlace } from './open-in-place.js';

/** Those of a run's files that are shown, with their types. */
export const shownFiles: ReadonlyMap<string, string> = new Map([
  [runFiles.report, 'text/html; charset=utf-8'],
  [runFiles.summary, 'application/json; charset=utf-8'],
  [runFiles.config, 'application/json; charset=utf-8'],
  [runFiles.environment, 'application/json; charset=utf-8'],
  [runFiles.metricsCsv, 'text/plain; charset=utf-8'],
  [runFiles.metricsJsonl, 'text/plain; charset=utf-8'],
]);

const svgType = 'image/svg+xml';

/** A file that is open for reading; the caller closes it. */
export interface OpenFile {
  readonly descriptor: number;
  readonly bytes: number;
  readonly type: string;
}

/** @param file its name, or `charts` and a name. Null if there is no such file, or none that is shown */
export function openShownFile(run: ListedRun, file: readonly string[]): OpenFile | null {
  const type = typeOf(run, file);
  if (type === null) return null;
  const descriptor = openInPlace(join(run.directory, ...file));
  return descriptor === null ? null : { descriptor, bytes: fstatSync(descriptor).size, type };
}

function typeOf({ directory }: ListedRun, file: readonly string[]): string | null {
  const [name = '', inner] = file;
  if (inner === undefined) return shownFiles.get(name) ?? null;
  const isChart = name === runFiles.charts && isPlainName(inner) && inner.endsWith('.svg');
  return isChart && isFolder(join(directory, name)) ? svgType : null;
}
