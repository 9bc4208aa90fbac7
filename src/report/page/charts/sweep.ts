/** Charts of a sweep: how its settings and the validation loss go together, and which setting matters. */
import { decimal, percent } from '../../../experiments/format.js';
import type { SweepSetting, SweptVariant } from '../sweep.js';
import { frame, labelWidth, names, numbers, shortened } from './frame.js';
import type { Chart } from './render.js';
import { rowChart, writtenBeside } from './rows.js';
import { shades } from './theme.js';

const title = 'Best validation loss';

/** A cell per pair of values, the darker the lower the loss. */
export function heatMap(
  [across, down]: readonly [SweepSetting, SweepSetting],
  variants: readonly SweptVariant[],
): Chart {
  const losses = variants.map(({ loss }) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const cells = variants.map(({ values, loss }) => ({
    x: values[across.place]!,
    y: values[down.place]!,
    written: decimal(loss).slice(0, 6),
    share: high > low ? 0.08 + (0.8 * (high - loss)) / (high - low) : 0.5,
    strong: loss < low + 0.3 * (high - low),
  }));
  const x = names('x', {
    title: across.name,
    sort: across.values,
    axis: { labelAngle: 0, domain: false, ticks: false },
  });
  const y = names('y', { title: null, sort: down.values });
  const isWide = across.values.length > 6;
  return {
    name: 'heat-map',
    description:
      `${title} by ${across.name} and ${down.name}: ` +
      cells.map((cell) => `${cell.x}, ${cell.y}: ${cell.written}`).join('; '),
    spec: {
      ...frame({
        title: `${title} by ${down.name} and ${across.name} (darker is lower)`,
        height: 34 * down.values.length,
        left: 14 + labelWidth(down.values),
      }),
      data: { values: cells },
      layer: [
        {
          mark: { type: 'rect', fill: shades.good.light, stroke: shades.ground.light },
          encoding: { x, y, fillOpacity: { field: 'share', type: 'quantitative', scale: null } },
        },
        ...(isWide
          ? []
          : [
              {
                mark: { type: 'text' },
                encoding: {
                  x,
                  y,
                  text: names('written'),
                  fill: {
                    condition: { test: 'datum.strong', value: shades.ground.light },
                    value: shades.ink.light,
                  },
                },
              },
            ]),
      ],
    },
  };
}

/** Lines that a chart can have before they are one surface: the best, and some of the others. */
const mostLines = 250;

/** An axis of parallel coordinates: its name, what its ends are, and where a variant crosses it, 0 to 1. */
interface ParallelAxis {
  readonly name: string;
  readonly ends: readonly [low: string, high: string];
  readonly at: (variant: SweptVariant) => number;
}

/** With room for words between title and plot. */
const parallelFrame = {
  ...frame({ title: '', height: 200, left: 14, right: 14 }),
  padding: { left: 14, right: 14, top: 48, bottom: 44 },
  title: { text: 'Settings and validation loss', dx: -8, offset: 8 },
};

/** An axis per setting and one for the loss; a line per variant, the best tenth in colour. */
export function parallelCoordinates(
  settings: readonly SweepSetting[],
  variants: readonly SweptVariant[],
): Chart {
  const shown = thinned(variants);
  const axes = [
    ...settings.map(({ name, low, high, place }): ParallelAxis => {
      return { name, ends: [low, high], at: ({ places }) => places[place]! };
    }),
    lossAxis(shown),
  ];
  const x = numbers('x', { axis: null, scale: { domain: [0, axes.length - 1], nice: false } });
  const y = numbers('y', { axis: null, scale: { domain: [0, 1], nice: false } });
  return {
    name: 'parallel-coordinates',
    description:
      `${variants.length} variants by ${settings.map(({ name }) => name).join(', ')} and validation loss; ` +
      `lowest ${decimal(variants[0]!.loss)} at ${variants[0]!.values.join(', ')}.`,
    spec: {
      ...parallelFrame,
      layer: [
        {
          data: { values: axes.map((_, index) => ({ x: index })) },
          mark: { type: 'rule', stroke: shades.grid.light },
          encoding: { x },
        },
        {
          data: { values: linesOf(shown, axes, Math.ceil(variants.length / 10)) },
          mark: { type: 'line', strokeWidth: 1.2 },
          encoding: {
            x,
            y,
            detail: { field: 'line', type: 'nominal' },
            stroke: { condition: { test: 'datum.best', value: shades.bad.light }, value: shades.quiet.light },
            strokeOpacity: { condition: { test: 'datum.best', value: 0.9 }, value: 0.28 },
          },
        },
        ...axisWords(axes, x, y),
      ],
    },
  };
}

function lossAxis(shown: readonly SweptVariant[]): ParallelAxis {
  const losses = shown.map(({ loss }) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  return {
    name: 'val loss',
    ends: [decimal(low), decimal(high)],
    at: ({ loss }) => share(Math.log(loss), Math.log(low), Math.log(high)),
  };
}

/** The best last: they lie above the others. */
function linesOf(shown: readonly SweptVariant[], axes: readonly ParallelAxis[], best: number): object[] {
  return [...shown.entries()]
    .reverse()
    .flatMap(([rank, variant]) =>
      axes.map(({ at }, x) => ({ line: shown.length - rank, x, y: at(variant), best: rank < best })),
    );
}

/** What stands at the ends of each axis, and its name below. */
function axisWords(axes: readonly ParallelAxis[], x: object, y: object): object[] {
  const words = axes.map(({ name, ends: [low, high] }, index) => {
    const align = index === 0 ? 'left' : index === axes.length - 1 ? 'right' : 'center';
    return { x: index, align, name: shortened(name, 13), low, high };
  });
  const text = (field: string, at: number, dy: number, mark: object = {}): object[] =>
    ['left', 'center', 'right'].map((align) => ({
      data: { values: words.filter((word) => word.align === align) },
      mark: { type: 'text', align, dy, ...mark },
      encoding: { x, y: { ...y, field: undefined, datum: at }, text: names(field) },
    }));
  return [
    ...text('high', 1, -8, { fill: shades.quiet.light }),
    ...text('low', 0, 11, { fill: shades.quiet.light }),
    ...text('name', 0, 28, { fontWeight: 600 }),
  ];
}

/** All of few; of many the best half of a chart's lines, and every so manieth of the others. */
function thinned(variants: readonly SweptVariant[]): readonly SweptVariant[] {
  if (variants.length <= mostLines) return variants;
  const half = mostLines / 2;
  const others = variants.slice(half);
  const every = Math.ceil(others.length / half);
  return [...variants.slice(0, half), ...others.filter((_, i) => i % every === 0)];
}

function share(value: number, low: number, high: number): number {
  return high > low ? (value - low) / (high - low) : 0.5;
}

/** A bar per setting: how much of the spread it explains alone. */
export function importanceChart(
  importance: readonly { readonly setting: string; readonly share: number | null }[],
): Chart {
  const rows = importance
    .flatMap(({ setting, share: explained }) =>
      explained === null
        ? []
        : [{ label: shortened(setting, 22), low: 0, high: explained, written: percent(explained, 0) }],
    )
    .sort((a, b) => b.high - a.high);
  return rowChart({
    name: 'importance',
    description: `Share of the variance explained: ${rows.map(({ label, written }) => `${label} ${written}`).join(', ')}.`,
    title: 'What each setting explains alone',
    labels: rows.map(({ label }) => label),
    rowHeight: 26,
    written: rows.map(({ written }) => written),
    scale: { domain: [0, 1] },
    axis: { format: '.0%', tickCount: 3, grid: true },
    layers: [
      {
        values: rows,
        field: 'high',
        mark: { type: 'bar', height: 12, fill: shades.good.light },
        encoding: { x2: { datum: 0 } },
      },
      writtenBeside(rows, { fontWeight: 600 }),
    ],
  });
}
