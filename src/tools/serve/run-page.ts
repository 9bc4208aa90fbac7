/** The page of one run: what it has measured so far, and its curves. */
import { join } from 'node:path';
import { commandLine } from '../../platform/command-line.js';
import { decimalSpread, percent, percentSpread } from '../../experiments/format.js';
import { sample } from '../../base/statistics.js';
import { overlayChart } from '../../report/page/charts/curves.js';
import { renderChart } from '../../report/page/charts/render.js';
import { factList, html, table, trusted, type Html } from '../../report/page/html.js';
import type { ShownVariant } from '../../report/page/variants.js';
import { runFiles } from '../../runs/index.js';
import { findRun, type ListedRun } from './catalogue.js';
import { chartVariants, mostVariants, progressOf, type Progress } from './curves.js';
import { shownFiles } from './files.js';
import { servedPage } from './frame.js';
import type { FollowedMetrics } from './metrics-file.js';
import { isFile } from './open-in-place.js';
import { followRun } from './run-units.js';
import { pathOf } from './request.js';
import { durationText, stateText, timeText, whatText } from './words.js';

export function runPage({ names }: ListedRun, content: Html): string {
  const title = names.join('/');
  const head = html`<nav><a href="/">all runs</a></nav>
    <h1>${title}</h1>`;
  return servedPage(title, head, content, pathOf('events', names));
}

/** Gives what changes on the page, again and again; null if that is as at the last call. */
export function watchRun(root: string, { names, directory }: ListedRun): () => Promise<Html | null> {
  const follower = followRun(directory);
  let shown = '';
  return async () => {
    const run = findRun(root, names);
    if (run === null) return html`<p class="notice">This run is not there any more.</p>`;
    const files = [...shownFiles.keys()].filter((file) => isFile(join(directory, file)));
    const isLonger = follower.read();
    const state = JSON.stringify([run.state, run.began, run.results?.conclusions, run.unitsDone, files]);
    if (!isLonger && state === shown) return null;
    shown = state;
    return runContent(run, follower.metrics(), files);
  };
}

/** @param files those of `shownFiles` that are there */
async function runContent(run: ListedRun, metrics: FollowedMetrics, files: readonly string[]): Promise<Html> {
  const progress = progressOf(metrics.rows);
  const variants = chartVariants(progress, run.settings?.comparisons ?? []);
  const { state, began, results, names, hasReport } = run;
  const link = (file: string): Html => html`<li><a href="${pathOf('file', names, [file])}">${file}</a></li>`;
  return html`<p class="top">
      <span class="state ${state}" role="status">${stateText(state)}</span>
      <span class="quiet">${whatText(run)}; <span class="time">${timeText(began)}</span></span>
    </p>
    ${hasReport ? html`<p class="lede"><a href="${pathOf('file', names, [runFiles.report])}">Read the report</a></p>` : null}
    ${
      state === 'stopped' && (run.settings?.units ?? null) === null
        ? html`<p class="notice">
            It was stopped before its end:
            <code>${commandLine('train', '--resume', run.directory)}</code> continues it.
          </p>`
        : null
    }
    ${state === 'finished' ? null : unitsText(run)}
    ${progress.length === 0 ? null : facts(run, progress, metrics)}
    ${progress.length === 0 ? empty(run) : await charts(variants)}
    ${progress.length === 0 ? null : progressTable(run, variants)} ${remarks(progress, metrics)}
    ${
      results === null || results.conclusions.length === 0
        ? null
        : html`<h2>What it shows</h2>
            <ul>
              ${results.conclusions.map((sentence) => html`<li>${sentence}</li>`)}
            </ul>`
    }
    ${
      files.length === 0
        ? null
        : html`<h2>Files</h2>
            <ul class="files">
              ${files.filter((file) => shownFiles.has(file)).map(link)}
            </ul>`
    }`;
}

function unitsText({ settings, unitsDone, directory }: ListedRun): Html | null {
  const units = settings?.units ?? null;
  return units === null
    ? null
    : html`<p>
        ${unitsDone} of ${units} units are done: <code>${commandLine('status', directory)}</code> shows each,
        and <code>${commandLine('train', '--resume', directory)}</code> merges them.
      </p>`;
}

function empty({ results, state }: ListedRun): Html {
  if (results?.experiment === 'all' || state === 'running')
    return html`<p>
      Its experiments stand below it in <a href="/">the list</a>; metrics come with the first epoch.
    </p>`;
  return html`<p>It has no metrics.</p>`;
}

function facts({ settings }: ListedRun, progress: readonly Progress[], { rows }: FollowedMetrics): Html {
  const runs = progress.flatMap(({ runs: each }) => each);
  const epoch = Math.max(...runs.map(({ epochs }) => epochs));
  const most = settings?.epochs ?? null;
  const seconds = Math.max(0, ...rows.map((row) => row.seconds ?? 0));
  const lowest = runs.flatMap(({ best }) => (best === null ? [] : [best.valLoss]));
  return factList([
    [most === null ? 'epochs' : `epochs (at most ${most})`, String(epoch)],
    ['trainings', String(runs.length)],
    ...(lowest.length === 0 ? [] : [['lowest validation loss', Math.min(...lowest).toFixed(4)] as const]),
    ['time', durationText(seconds)],
  ]);
}

async function charts(variants: readonly ShownVariant[]): Promise<Html> {
  const drawn: Html[] = [];
  for (const quantity of ['loss', 'accuracy'] as const) {
    const svg = await renderChart(overlayChart(variants, quantity, quantity));
    drawn.push(html`<figure>${trusted(svg)}</figure>`);
  }
  return html`<div class="charts">${drawn}</div>`;
}

function progressTable({ results }: ListedRun, variants: readonly ShownVariant[]): Html {
  const none = '–';
  const over = (
    { record: { runs } }: ShownVariant,
    of: (run: Progress['runs'][number]) => number | null | undefined,
    write: (over: ReturnType<typeof sample>) => string,
  ): string => {
    const values = runs.flatMap((run) => of(run) ?? []);
    return values.length < runs.length ? none : write(sample(values));
  };
  const test = ({ record }: ShownVariant): string => {
    const accuracy = results?.variants.get(record.name)?.testAccuracy ?? null;
    return accuracy === null ? none : percent(accuracy);
  };
  const hasBeside = variants.some(({ name, record }) => name !== record.name);
  const beside = hasBeside ? ' In brackets: for comparison only.' : '';
  return table(
    `Mean ± standard deviation over the seeds so far; validation at each seed’s best epoch.${beside}`,
    [
      ['variant', ({ name }) => name],
      ['seeds', ({ record }) => String(record.runs.length)],
      ['epochs', ({ record }) => epochsText(record)],
      ['train acc', (each) => over(each, ({ last }) => last.trainAccuracy, percentSpread)],
      ['best val loss', (each) => over(each, ({ best }) => best?.valLoss, decimalSpread)],
      ['val acc', (each) => over(each, ({ best }) => best?.valAccuracy, percentSpread)],
      ...(results === null ? [] : [['test acc', test] as const]),
    ],
    variants,
  );
}

/** `12`, or `9–12` where seeds are not at the same one. */
function epochsText({ runs }: Progress): string {
  const counts = runs.map(({ epochs }) => epochs);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least}–${most}`;
}

function remarks(progress: readonly Progress[], { unreadable, cut }: FollowedMetrics): Html[] {
  const left = progress.length - mostVariants;
  return [
    ...(left > 0 ? [`${left} more variants are not shown.`] : []),
    ...(unreadable > 0 ? [`${unreadable} lines of ${runFiles.metricsJsonl} could not be read.`] : []),
    ...(cut ? [`${runFiles.metricsJsonl} is too long to be shown whole: this is its beginning.`] : []),
  ].map((text) => html`<p class="notice">${text}</p>`);
}
