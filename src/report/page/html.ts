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

/**
 * HTML that this project wrote itself, such as a style sheet or a rendered chart. Never for text from
 * outside.
 */
export function trusted(markup: string): Html {
  return { markup };
}

/** Text with `&`, `<`, `>` and both quotes replaced: safe between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => Html | string;
  /** Figures are set to the right. */
  readonly figure?: boolean;
}

/**
 * A table that scrolls sideways by itself where the page is too narrow for it; the first column names the
 * rows.
 */
export function table<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const heading = columns.map(
    ({ heading, figure }) => html`<th scope="col" class="${figure === true ? 'figure' : ''}">${heading}</th>`,
  );
  const line = (row: Row): Html =>
    html`<tr>
      ${columns.map(({ cell, figure }, index) =>
        index === 0
          ? html`<th scope="row">${cell(row)}</th>`
          : html`<td class="${figure === true ? 'figure' : ''}">${cell(row)}</td>`,
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
