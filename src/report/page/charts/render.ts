import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { escapeText } from '../html.js';
import { darkStyle, theme } from './theme.js';

/** A chart before it is drawn. */
export interface Chart {
  /** The file's name without `.svg`. */
  readonly name: string;
  /** What it shows, in one sentence: for people who do not see it. */
  readonly description: string;
  /** Vega-Lite, without the theme. */
  readonly spec: Readonly<Record<string, unknown>>;
}

const className = 'chart';

/** Draws a chart as one SVG document that can also stand in a page as it is. Needs no DOM, canvas or fonts. */
export async function renderChart({ description, spec }: Chart): Promise<string> {
  const compiled = compile({ ...spec, config: theme } as unknown as TopLevelSpec);
  const view = new View(parse(compiled.spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    const head = `<title>${escapeText(description)}</title><style>${darkStyle(className)}</style>`;
    return svg.replace(
      /^<svg([^>]*)>/,
      (_, attributes: string) =>
        `<svg role="img"${attributes.replace(/ class="[^"]*"/, '')} class="${className}">${head}`,
    );
  } finally {
    view.finalize();
  }
}
