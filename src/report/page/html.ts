/** HTML as text that cannot be broken by what stands in it: what a template takes in is escaped. */

/** Text that is HTML already. Only `html`, `joined` and `trusted` make it. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | null | readonly Html[];

/** A template whose values are escaped, except those that are HTML already; null leaves nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { markup: strings.map((text, index) => text + markupOf(values[index] ?? null)).join('') };
}

/** HTML that this project wrote itself: a style sheet, a rendered chart. Never text from outside. */
export function trusted(markup: string): Html {
  return { markup };
}

/** Text with `&`, `<`, `>` and both quotes replaced: safe between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Its heading, its cells, and where they stand: figures to the right, which they are if it is left out. */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => Html | string, side?: 'left'];

/** A table that scrolls sideways where the page is too narrow; the first column names the rows. */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const style = ([, , side]: Column<Row>, index: number): string =>
    index === 0 || side === 'left' ? '' : 'figure';
  const heading = columns.map(
    (column, index) => html`<th scope="col" class="${style(column, index)}">${column[0]}</th>`,
  );
  const line = (row: Row): Html =>
    html`<tr>
      ${columns.map((column, index) =>
        index === 0
          ? html`<th scope="row">${column[1](row)}</th>`
          : html`<td class="${style(column, index)}">${column[1](row)}</td>`,
      )}
    </tr>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        <span>${caption}</span>
      </caption>
      <thead>
        <tr>
          ${heading}
        </tr>
      </thead>
      <tbody>
        ${rows.map(line)}
      </tbody>
    </table>
  </div>`;
}

/** Names with their values, as boxes side by side. */
export function factList(facts: readonly (readonly [name: string, value: string])[]): Html {
  return html`<dl class="facts">
    ${facts.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** A whole document. @param head what else its head has */
export function htmlDocument(title: string, head: Html, main: Html): string {
  const { markup } = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <link rel="icon" href="data:," />
      <title>${title}</title>
      ${head}
    </head>
    <body>
      <main>${main}</main>
    </body>
  </html>`;
  return `<!doctype html>\n${markup}\n`;
}

function markupOf(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'string') return escapeText(part);
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map(({ markup }) => markup).join('');
}
