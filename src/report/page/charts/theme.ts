/** The one look of all charts: colours for light and dark, fonts, and how much ink axes get. */
import type { Config } from 'vega-lite';

interface Shade {
  readonly light: string;
  readonly dark: string;
}

/** Colours by what they stand for. In a chart stands the light one; `darkStyle` says what takes its place. */
export const shades = {
  ground: { light: '#fefefe', dark: '#16191d' },
  ink: { light: '#1c2126', dark: '#e8eaed' },
  quiet: { light: '#59626b', dark: '#a7b0b9' },
  grid: { light: '#e3e6e9', dark: '#2e343b' },
  good: { light: '#2563a9', dark: '#74aef0' },
  bad: { light: '#c4501b', dark: '#f0935f' },
} as const satisfies Readonly<Record<string, Shade>>;

/** One colour per variant, told apart by people who confuse red and green, too (after Okabe and Ito). */
const variantShades: readonly Shade[] = [
  { light: '#2563a8', dark: '#74aeef' },
  { light: '#c4501a', dark: '#f0935e' },
  { light: '#17795a', dark: '#52c99b' },
  { light: '#8a4fa3', dark: '#c795e0' },
  { light: '#8a6900', dark: '#d8b140' },
  { light: '#5b6470', dark: '#a5afbb' },
];

/** The colour of variant number `index`; they begin again after the sixth. */
export function variantColour(index: number): string {
  return variantShades[index % variantShades.length]!.light;
}

const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** Charts are about as wide as a phone, so that their letters have their size there, too. */
export const chartWidth = 340;

export const theme: Config = {
  background: shades.ground.light,
  font: fontFamily,
  padding: { left: 4, top: 6, right: 6, bottom: 4 },
  // The page describes each chart in words; the marks' own roles would read out hundreds of points.
  aria: false,
  view: { stroke: null },
  axis: {
    domainColor: shades.quiet.light,
    tickColor: shades.quiet.light,
    gridColor: shades.grid.light,
    labelColor: shades.quiet.light,
    titleColor: shades.ink.light,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 500,
    titlePadding: 6,
    labelPadding: 4,
    tickSize: 4,
    labelOverlap: true,
  },
  axisX: { grid: false },
  axisY: { domain: false, ticks: false },
  // Titles of vertical axes stand above them, where they can be read without turning one's head.
  title: {
    anchor: 'start',
    frame: 'group',
    fontSize: 12,
    fontWeight: 500,
    color: shades.ink.light,
    subtitleColor: shades.quiet.light,
    offset: 8,
  },
  text: { fontSize: 11, fill: shades.ink.light },
  line: { strokeWidth: 2, strokeJoin: 'round' },
  legend: { disable: true },
};

/**
 * Style rules inside a chart that swap its colours on dark screens: by attribute, so that the same file is
 * light wherever nobody reads style sheets, and on paper.
 */
export function darkStyle(className: string): string {
  const rules = [...Object.values(shades), ...variantShades].map(
    ({ light, dark }) =>
      `svg.${className} [fill="${light}"]{fill:${dark}}svg.${className} [stroke="${light}"]{stroke:${dark}}`,
  );
  return `@media screen and (prefers-color-scheme:dark){${rules.join('')}}`;
}
