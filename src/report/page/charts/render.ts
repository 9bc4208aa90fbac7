import { logger, parse, View, Warn } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { EngineError } from '../../../base/errors.js';
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

/** Takes what Vega finds doubtful in a chart. Vega alone would print it. */
export type OnWarning = (warning: string) => void;

/**
 * Draws a chart as one SVG document that can also stand in a page as it is. Needs no DOM, canvas or fonts.
 * @throws EngineError `bug` if Vega cannot draw it
 */
export async function renderChart(
  { name, description, spec }: Chart,
  onWarning: OnWarning = () => undefined,
): Promise<string> {
  const reported = { logger: loggerOf(name, onWarning) };
  const compiled = compile({ ...spec, config: theme } as unknown as TopLevelSpec, reported);
  const view = new View(parse(compiled.spec), { renderer: 'none', ...reported });
  try {
    const svg = await view.toSVG();
    const head = `<title>${escapeText(description)}</title><style>${darkStyle(className)}</style>`;
    return rounded(svg).replace(
      /^<svg([^>]*)>/,
      (_, attributes: string) =>
        `<svg role="img"${attributes.replace(/ class="[^"]*"/, '')} class="${className}">${head}`,
    );
  } finally {
    view.finalize();
  }
}

/** Hundredths of a pixel are enough for a path, and a third of the text. */
function rounded(svg: string): string {
  const toHundredths = (number: string): string => String(Math.round(100 * Number(number)) / 100);
  return svg.replace(/ d="[^"]*"/g, (path) => path.replace(/-?\d+\.\d{3,}(?:e[-+]?\d+)?/g, toHundredths));
}

/** What both Vega and Vega-Lite report to. */
function loggerOf(chart: string, onWarning: OnWarning): ReturnType<typeof logger> {
  return logger(Warn, undefined, (_, level, found) => {
    const text = found.map(String).join(' ');
    if (level === 'ERROR')
      throw new EngineError('bug', `the chart ${chart} cannot be drawn`, { found: text });
    onWarning(`${chart}: ${text}`);
  });
}
