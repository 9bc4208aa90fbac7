/** The frame that all pages share: document head, sections, and charts that are drawn once and kept by name. */
import { assert } from '../../base/errors.js';
import { renderChart, type Chart, type OnWarning } from './charts/render.js';
import { html, trusted, type Html } from './html.js';
import { styleSheet } from './style.js';

/** Draws charts for a page, and keeps what it has drawn as files. */
export interface ChartBook {
  readonly files: Map<string, string>;
  /** The chart as a figure, with a caption below it. */
  readonly figure: (chart: Chart, caption: Html | string) => Promise<Html>;
}

export function chartBook(onWarning?: OnWarning): ChartBook {
  const files = new Map<string, string>();
  return {
    files,
    figure: async (chart, caption) => {
      const file = `${chart.name}.svg`;
      assert(!files.has(file), `two charts are named ${file}`);
      const svg = await renderChart(chart, onWarning);
      files.set(file, svg);
      return html`<figure id="${chart.name}">
        ${trusted(svg)}
        <figcaption>${caption}</figcaption>
      </figure>`;
    },
  };
}

/** Draws one figure after another: charts are quick, and their order is that of the files. */
export async function figures(
  book: ChartBook,
  charts: readonly (readonly [Chart, Html | string])[],
): Promise<Html> {
  return html`<div class="charts">${await draw(book, charts)}</div>`;
}

/** Groups of figures side by side, those of a group below each other. */
export async function stackedFigures(
  book: ChartBook,
  groups: readonly (readonly (readonly [Chart, Html | string])[])[],
): Promise<Html> {
  const stacks: Html[] = [];
  for (const charts of groups) stacks.push(html`<div class="stack">${await draw(book, charts)}</div>`);
  return html`<div class="charts">${stacks}</div>`;
}

async function draw(book: ChartBook, charts: readonly (readonly [Chart, Html | string])[]): Promise<Html[]> {
  const drawn: Html[] = [];
  for (const [chart, caption] of charts) drawn.push(await book.figure(chart, caption));
  return drawn;
}

/** A part of a page that its list of contents leads to. */
export interface Section extends Html {
  readonly id: string;
  readonly title: string;
}

export function section(id: string, title: string, ...parts: readonly (Html | null)[]): Section {
  const { markup } = html`<section id="${id}">
    <h2>${title}</h2>
    ${parts.filter((part) => part !== null)}
  </section>`;
  return { id, title, markup };
}

/** A whole document: its head, a list of contents, and the sections. */
export function page(title: string, head: Html, sections: readonly Section[], foot: Html): string {
  const { markup } = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href="data:," />
      <title>${title}</title>
      <style>
        ${trusted(styleSheet)}
      </style>
    </head>
    <body>
      <main>
        ${head}
        <nav>${sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a> `)}</nav>
        ${sections} ${foot}
      </main>
    </body>
  </html>`;
  return `<!doctype html>\n${markup}\n`;
}
