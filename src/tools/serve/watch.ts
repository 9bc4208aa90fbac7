/** Looks at one run again and again. */
import { join } from 'node:path';
import { html, type Html } from '../../report/page/html.js';
import { runFiles } from '../../runs/index.js';
import { findRun, type ListedRun } from './catalogue.js';
import { shownFiles } from './files.js';
import { followMetrics } from './metrics-file.js';
import { isFile } from './open-in-place.js';
import { runContent } from './run-page.js';

/**
 * Gives the content of a run's page; null if nothing has changed since the last call, and never null at
 * first.
 */
export type RunWatch = () => Promise<Html | null>;

export function watchRun(root: string, { names, directory }: ListedRun): RunWatch {
  const follower = followMetrics(join(directory, runFiles.metricsJsonl));
  let shown = '';
  return async () => {
    const run = findRun(root, names);
    if (run === null) return html`<p class="notice">This run is not there any more.</p>`;
    const files = [...shownFiles.keys()].filter((file) => isFile(join(directory, file)));
    const isLonger = follower.read();
    const state = JSON.stringify([run.state, run.began, run.results?.conclusions, files]);
    if (!isLonger && state === shown) return null;
    shown = state;
    return runContent(run, follower.metrics(), files);
  };
}
