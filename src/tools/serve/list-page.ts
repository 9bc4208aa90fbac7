/** The page that lists runs. */
import { commandLine } from '../../platform/command-line.js';
import { basename, resolve } from 'node:path';
import { decimal, percent } from '../../experiments/format.js';
import { html, type Html } from '../../report/page/html.js';
import { runFiles } from '../../runs/index.js';
import type { ListedRun } from './catalogue.js';
import { servedPage } from './frame.js';
import { pathOf } from './request.js';
import { stateText, timeText, whatText } from './words.js';

/** More runs than this make a page slow; the older ones are left out, and it says so. */
const mostListed = 500;

export function listPage(root: string, runs: readonly ListedRun[]): string {
  const head = html`<h1>Runs</h1>
    <p class="quiet">in ${resolve(root)}, newest first</p>`;
  return servedPage(`Runs in ${basename(resolve(root))}`, head, listContent(runs), '/events');
}

/** What changes on the page. */
export function listContent(runs: readonly ListedRun[]): Html {
  if (runs.length === 0)
    return html`<p>There are none yet: <code>${commandLine('train', '--exp 6')}</code> makes one.</p>`;
  const left = runs.length - mostListed;
  return html`<ul class="runs">
      ${runs.slice(0, mostListed).map(entry)}
    </ul>
    ${left > 0 ? html`<p class="quiet">and ${left} older ones</p>` : null}`;
}

function entry(run: ListedRun): Html {
  const { names, state, began, hasReport } = run;
  const figures = figuresText(run);
  return html`<li class="${names.length > 1 ? 'inner' : ''}">
    <div class="top">
      <a class="name" href="${pathOf('run', names)}">${names.join('/')}</a>
      <span class="state ${state}">${stateText(state)}</span>
    </div>
    <p class="quiet">${whatText(run)}; <span class="time">${timeText(began)}</span></p>
    ${figures === null ? null : html`<p class="figures">${figures}</p>`}
    ${hasReport ? html`<nav><a href="${pathOf('file', names, [runFiles.report])}">report</a></nav>` : null}
  </li>`;
}

/** The selected variant with its figures; before there are any, how far the training is. */
function figuresText({ results, last, settings }: ListedRun): string | null {
  if (results?.selected != null) {
    const { variant, figures } = results.selected;
    const { seeds, valLoss, valAccuracy, testAccuracy } = figures;
    const basis = seeds === 1 ? 'one seed' : `mean of ${seeds} seeds`;
    return `${variant}: ${measured(valLoss, valAccuracy, testAccuracy)} (${basis})`;
  }
  if (last === null) return null;
  const most = settings?.epochs ?? null;
  const epoch = `epoch ${last.epoch}${most === null ? '' : ` of at most ${most}`}`;
  const figures = measured(last.valLoss, last.valAccuracy, null);
  return `${epoch}${figures === '' ? '' : `; ${last.variant}, seed ${last.seed}: ${figures}`}`;
}

function measured(valLoss: number | null, valAccuracy: number | null, testAccuracy: number | null): string {
  return [
    ...(valLoss === null ? [] : [`validation loss ${decimal(valLoss)}`]),
    ...(valAccuracy === null ? [] : [`validation accuracy ${percent(valAccuracy)}`]),
    ...(testAccuracy === null ? [] : [`test accuracy ${percent(testAccuracy)}`]),
  ].join(', ');
}
