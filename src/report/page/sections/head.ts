import { experimentById, experimentHeading } from '../../../experiments/catalogue.js';
import { decimal, percent } from '../../../experiments/format.js';
import type { Summary } from '../../../experiments/summary.js';
import { factList, html, type Html } from '../html.js';
import { mostSeeds } from '../variants.js';

/** `Experiment 2: dropout and early stopping`. */
export function reportTitle({ experiment, title }: Pick<Summary, 'experiment' | 'title'>): string {
  return experimentHeading({ id: experiment, title });
}

/** What it asked, where it ran, and the figures of the selected network. */
export function head(summary: Summary): Html {
  const { selected, adapter } = summary;
  const seeds = mostSeeds(summary);
  const facts: readonly (readonly [string, string])[] = [
    ['test accuracy', percent(selected.test.accuracy, 2)],
    ['test loss', decimal(selected.test.loss)],
    ['selected variant', selected.variant],
    [seeds === 1 ? 'seed' : `seed, of ${seeds}`, String(selected.seed)],
  ];
  return html`<header>
    <h1>${reportTitle(summary)}</h1>
    <p class="lede">${summary.sweep?.question ?? experimentById(summary.experiment).asks}</p>
    ${adapterNotice(adapter)} ${dataNotice(summary)} ${divergedNotice(summary)} ${factList(facts)}
    <p class="quiet">
      Selected: ${selected.reason}. Test figures play no part in the choice. Data: ${summary.dataset.name},
      ${datasetSizes(summary)}.
    </p>
  </header>`;
}

/** Says what ran the shaders, and plainly so where it was the CPU. */
export function adapterNotice({ description, software }: Summary['adapter']): Html {
  return software
    ? html`<p class="notice">
        <strong>Software adapter:</strong> the CPU ran the shaders (${description}). Accuracies are those of
        any adapter; times say nothing about a GPU.
      </p>`
    : html`<p class="quiet">Adapter: ${description}.</p>`;
}

/** `6,400 images to train on, 1,600 for validation, 2,000 for the test`. */
export function datasetSizes({ dataset: { train, validation, test } }: Pick<Summary, 'dataset'>): string {
  const written = (count: number): string => count.toLocaleString('en');
  const held = validation === null ? 'none held out' : `${written(validation)} for validation`;
  return `${written(train)} images to train on, ${held}, ${written(test)} for the test`;
}

/** What the run teaches, as the program concluded it, and how it differs from the experiment's definition. */
export function conclusionList({
  conclusions,
  notes,
  sweep,
}: Pick<Summary, 'conclusions' | 'notes' | 'sweep'>): Html {
  const origin = sweep === undefined ? 'Differs from the series' : 'Changed on the command line';
  return html`<ul class="conclusions">
      ${conclusions.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>
    ${notes.length === 0 ? null : html`<p class="quiet">${origin}: ${notes.join('; ')}.</p>`}`;
}

/** Which trainings diverged, and so have no results. */
export function divergedNotice({ diverged }: Pick<Summary, 'diverged'>): Html | null {
  if (diverged.length === 0) return null;
  const count = diverged.length === 1 ? 'One training' : `${diverged.length} trainings`;
  return html`<div class="notice">
    <p>
      <strong>Diverged:</strong> ${count} diverged and ${diverged.length === 1 ? 'has' : 'have'} no results.
      The figures here are of the others, and no comparison is drawn from them.
    </p>
    <ul>
      ${diverged.map(({ message, remedy }) => html`<li>${message}; ${remedy}.</li>`)}
    </ul>
  </div>`;
}

/** What has to be known of the data, such as whose they are or that they are a stand-in. */
export function dataNotice({ dataset }: Pick<Summary, 'dataset'>): Html | null {
  return dataset.notice === null
    ? null
    : html`<p class="notice"><strong>Data:</strong> ${dataset.notice}</p>`;
}
