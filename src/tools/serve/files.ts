/** The files of a run that may be looked at, and how files are sent. */
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { runFiles } from '../../runs/index.js';
import { isPlainName, type ListedRun } from './catalogue.js';
import { isFolder, openInPlace } from './open-in-place.js';
import { headersFor, type Content } from './policy.js';

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
  return openFile(join(run.directory, ...file), type);
}

/** Opens a regular file, links left out; null if there is none. */
export function openFile(path: string, type: string): OpenFile | null {
  const descriptor = openInPlace(path);
  return descriptor === null ? null : { descriptor, bytes: fstatSync(descriptor).size, type };
}

/** Sends a file and closes it. Node itself leaves out the body of an answer to HEAD. */
export function sendFile(response: ServerResponse, file: OpenFile, as: Content): void {
  const { descriptor, bytes, type } = file;
  response.writeHead(200, { ...headersFor(as, type), 'Content-Length': bytes });
  if (response.req.method === 'HEAD' || bytes === 0) {
    closeSync(descriptor);
    response.end();
    return;
  }
  // The file may grow meanwhile: what was announced is sent.
  const content = createReadStream('', { fd: descriptor, start: 0, end: bytes - 1 });
  content.on('error', () => response.destroy());
  response.on('close', () => content.destroy());
  content.pipe(response);
}

function typeOf({ directory }: ListedRun, file: readonly string[]): string | null {
  const [name = '', inner] = file;
  if (inner === undefined) return shownFiles.get(name) ?? null;
  const isChart = name === runFiles.charts && isPlainName(inner) && inner.endsWith('.svg');
  return isChart && isFolder(join(directory, name)) ? svgType : null;
}
