/** The frame of all pages: document head, sections, and charts that are drawn once and kept by name. */
import { assert } from '../../base/errors.js';
import { renderChart, type Chart, type OnWarning } from './charts/render.js';
import { html, htmlDocument, trusted, type Html } from './html.js';
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

/** Charts with their captions. */
export type Figures = readonly (readonly [Chart, Html | string])[];

/** Draws one figure after another: charts are quick, and their order is that of the files. */
export async function figures(book: ChartBook, charts: Figures, className = 'charts'): Promise<Html> {
  const drawn: Html[] = [];
  for (const [chart, caption] of charts) drawn.push(await book.figure(chart, caption));
  return html`<div class="${className}">${drawn}</div>`;
}

/** Groups of figures side by side, those of a group below each other. */
export async function stackedFigures(book: ChartBook, groups: readonly Figures[]): Promise<Html> {
  const stacks: Html[] = [];
  for (const charts of groups) stacks.push(await figures(book, charts, 'stack'));
  return html`<div class="charts">${stacks}</div>`;
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
  const contents = sections.map(({ id, title: name }) => html`<a href="#${id}">${name}</a> `);
  return htmlDocument(
    title,
    html`<style>
      ${trusted(styleSheet)}
    </style>`,
    html`${head}
      <nav>${contents}</nav>
      ${sections} ${foot}`,
  );
}
