/** Loss and accuracy by epoch: all variants over each other, and each one alone with its seeds. */
import { fileName, type ShownVariant } from '../variants.js';
import {
  bestPoints,
  curveOf,
  drawnSeeds,
  extent,
  meanCurve,
  stopPoints,
  tailCurves,
  type CurveMeasure,
  type MeanPoint,
} from './curve-data.js';
import { frame, labelWidth, names, numbers, shortened } from './frame.js';
import { spreadLabels, type Scale } from './labels.js';
import type { Chart } from './render.js';
import { shades, variantColour } from './theme.js';

/** One curve with its seeds. */
interface Line {
  readonly text: string;
  readonly variant: ShownVariant;
  readonly measure: CurveMeasure;
  /**
   * Among others, its seeds are drawn only where the mean ends; alone, over their whole length. Training is
   * dashed; on the others best epochs and stops are marked.
   */
  readonly kind: 'overlay' | 'training' | 'validation';
}

export type Quantity = 'loss' | 'accuracy';

const height = 190;

/** Longer labels would leave the curves no room. */
const mostLetters = 17;

/** All variants over each other: validation where there is one, else training. */
export function overlayChart(variants: readonly ShownVariant[], quantity: Quantity, name: string): Chart {
  const part = partOf(variants);
  const title = `${part === 'val' ? 'Validation' : 'Training'} ${quantity}`;
  return curveChart({
    name,
    title,
    description: `${title} by epoch for ${variants.map((variant) => variant.name).join(', ')}.`,
    quantity,
    scale: quantity === 'loss' ? 'log' : 'linear',
    lines: variants.map((variant) => ({
      text: variant.label,
      variant,
      measure: measureOf(part, quantity),
      kind: 'overlay',
    })),
    domain: null,
  });
}

/** One variant alone: training and validation, every seed, on the same axis of values as its neighbours. */
export function variantChart(
  variant: ShownVariant,
  neighbours: readonly ShownVariant[],
  quantity: Quantity,
): Chart {
  const line = (kind: 'training' | 'validation'): Line => ({
    text: kind,
    variant,
    measure: measureOf(kind === 'training' ? 'train' : 'val', quantity),
    kind,
  });
  const validated = partOf([variant]) === 'val';
  const measures = (['train', 'val'] as const).map((part) => measureOf(part, quantity));
  const [low, high] = extent(
    neighbours.flatMap(({ record }) => record.runs),
    measures,
  );
  const label = quantity === 'loss' ? 'Loss' : 'Accuracy';
  return curveChart({
    name: `curves-${fileName(variant.record.name)}-${quantity}`,
    title: `${label}, ${variant.name}`,
    description: `${label} by epoch of ${variant.name}, training${validated ? ' and validation' : ''}.`,
    quantity,
    scale: 'linear',
    lines: [line('training'), ...(validated ? [line('validation')] : [])],
    domain: quantity === 'loss' ? [0, high] : [low, 1],
  });
}

interface CurveChart extends Pick<Chart, 'name' | 'description'> {
  readonly title: string;
  readonly quantity: Quantity;
  readonly scale: Scale['kind'];
  readonly lines: readonly Line[];
  /** What the axis of values shows; null: what there is. */
  readonly domain: readonly [number, number] | null;
}

function curveChart({ name, title, description, quantity, scale: wanted, lines, domain }: CurveChart): Chart {
  const ends = lines.flatMap(({ variant, measure }) => extent(variant.record.runs, [measure]));
  const [low, high] = widened(domain ?? [Math.min(...ends), Math.max(...ends)]);
  const kind = low > 0 ? wanted : 'linear';
  const margin = kind === 'log' ? 1.04 : 0.03 * (high - low);
  const scale: Scale =
    kind === 'log'
      ? { kind, low: low / margin, high: high * margin, height }
      : { kind, low: low === 0 ? 0 : low - margin, high: high === 1 ? 1 : high + margin, height };
  const lastEpoch = Math.max(...lines.flatMap(({ variant }) => variant.record.runs.map((run) => run.epochs)));
  const labels = spreadLabels(
    lines.map(({ text, variant, measure }) => ({
      text: shortened(text, mostLetters),
      colour: variantColour(variant.index),
      value: meanCurve(variant.record.runs, measure).at(-1)!.mean,
    })),
    scale,
  );
  const x = numbers('epoch', {
    scale: { domain: [lastEpoch === 1 ? 0 : 1, lastEpoch], nice: false },
    axis: { title: 'epoch', tickMinStep: 1, tickCount: 6, format: 'd' },
  });
  const y = {
    type: 'quantitative',
    title: null,
    scale: {
      type: kind,
      domain: [scale.low, scale.high],
      nice: false,
      ...(kind === 'linear' && { zero: false }),
    },
    axis: { format: quantity === 'accuracy' ? '.0%' : '~g', tickCount: 5 },
  };
  return {
    name,
    description,
    spec: {
      ...frame({
        title: kind === 'log' ? `${title} (log scale)` : title,
        height,
        left: 46,
        right: 14 + labelWidth(labels.map(({ text }) => text)),
      }),
      encoding: { x, y },
      layer: [
        ...lines.flatMap((line) => lineLayers(line, scale)),
        ...labels.map(({ text, colour, value }) => ({
          data: { values: [{ epoch: lastEpoch, value }] },
          mark: { type: 'text', align: 'left', dx: 7, text, fill: colour, fontWeight: 600 },
          encoding: { y: { field: 'value' } },
        })),
      ],
    },
  };
}

/** Spread, mean, single seeds and marks of one curve. */
function lineLayers({ variant, measure, kind }: Line, scale: Scale): object[] {
  const { runs } = variant.record;
  const colour = variantColour(variant.index);
  const dash = kind === 'training' ? { strokeDash: [4, 3] } : {};
  const layer = (values: readonly object[], field: string, mark: object, encoding: object = {}): object[] =>
    values.length === 0 ? [] : [{ data: { values }, mark, encoding: { y: { field }, ...encoding } }];
  const mean = meanCurve(runs, measure);
  const several = runs.length > 1;
  const drawn = drawnSeeds(runs);
  const seeds =
    kind === 'overlay' ? tailCurves(drawn, measure) : drawn.flatMap((run) => curveOf(run, measure));
  const marked = kind === 'training' ? [] : drawn;
  const thin = { type: 'line', stroke: colour, strokeWidth: 0.8, opacity: 0.45, ...dash };
  const dot = { type: 'point', shape: 'circle', size: 34, fill: colour, stroke: shades.ground.light };
  const cross = { type: 'text', text: '×', fontSize: 13, fontWeight: 700, fill: colour };
  return [
    ...layer(
      several ? mean.map((point) => withinScale(point, scale)) : [],
      'low',
      { type: 'area', fill: colour, opacity: 0.16 },
      { y2: { field: 'high' } },
    ),
    ...layer(several ? seeds : [], 'value', thin, { detail: names('seed') }),
    ...layer(mean, 'mean', { type: 'line', stroke: colour, ...dash }),
    ...layer(bestPoints(marked, measure), 'value', { ...dot, strokeWidth: 1, opacity: 1 }),
    ...layer(stopPoints(marked, measure), 'value', cross),
  ];
}

/** An axis needs a length, even where all values are the same. */
function widened([low, high]: readonly [number, number]): readonly [number, number] {
  return low < high ? [low, high] : [0.95 * low, 1.05 * high || 1];
}

/** A spread may reach beyond what was measured; a logarithmic axis has no place for what is not above 0. */
function withinScale(point: MeanPoint, { low, high }: Scale): MeanPoint {
  return { ...point, low: Math.max(point.low, low), high: Math.min(point.high, high) };
}

function measureOf(part: 'train' | 'val', quantity: Quantity): CurveMeasure {
  return quantity === 'loss' ? `${part}Loss` : `${part}Accuracy`;
}

/** Validation, where every variant has it. */
function partOf(variants: readonly ShownVariant[]): 'train' | 'val' {
  return variants.every(({ record }) => record.runs.every(({ history }) => history.valLoss !== null))
    ? 'val'
    : 'train';
}
