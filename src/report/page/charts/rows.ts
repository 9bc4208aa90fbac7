/** Charts with a row per name: a bar for a range, dots for figures, and words to the right. */
import { frame, labelWidth } from './frame.js';
import type { Chart } from './render.js';
import { shades } from './theme.js';

export interface RowChart extends Pick<Chart, 'name' | 'description'> {
  readonly title: string;
  /** Names of the rows, from the top; every value of a layer has one of them as its `label`. */
  readonly labels: readonly string[];
  readonly rowHeight: number;
  /** What stands to the right of the rows. */
  readonly written?: readonly string[];
  /** The axis of the figures, as Vega-Lite takes them. */
  readonly scale: object;
  readonly axis: object;
  /** Lines across the plot at every name. */
  readonly grid?: boolean;
  readonly layers: readonly RowLayer[];
}

/** One kind of mark. */
export interface RowLayer {
  readonly values: readonly { readonly label: string }[];
  readonly mark: object;
  /** The field that places it on the axis of figures; null: to the right of all. */
  readonly field: string | null;
  /** Other encodings. */
  readonly encoding?: object;
}

export function rowChart({ name, description, title, labels, layers, ...layout }: RowChart): Chart {
  const { rowHeight, written, scale, axis, grid = false } = layout;
  const y = {
    field: 'label',
    type: 'nominal',
    title: null,
    sort: labels,
    scale: { domain: labels },
    axis: { labelColor: shades.ink.light, labelLimit: 200, grid },
  };
  const figure = { type: 'quantitative', title: null, scale, axis: { ...axis, domain: false, ticks: false } };
  return {
    name,
    description,
    spec: {
      ...frame({
        title,
        height: labels.length * rowHeight,
        left: 14 + labelWidth(labels),
        ...(written !== undefined && { right: 14 + labelWidth(written) }),
        bottom: 24,
      }),
      layer: layers.map(({ values, mark, field, encoding }) => ({
        data: { values },
        mark,
        encoding: { y, x: field === null ? { value: 'width' } : { field, ...figure }, ...encoding },
      })),
    },
  };
}

/** From `low` to `high`. */
export function rangeBars(values: RowLayer['values'], mark: object, encoding: object = {}): RowLayer {
  return {
    values,
    field: 'low',
    mark: { type: 'rule', ...mark },
    encoding: { x2: { field: 'high' }, ...encoding },
  };
}

export function dots(
  values: RowLayer['values'],
  field: string,
  mark: object,
  encoding: object = {},
): RowLayer {
  return { values, field, mark: { type: 'point', shape: 'circle', filled: true, ...mark }, encoding };
}

/** The `written` of each row, to its right. */
export function writtenBeside(
  values: RowLayer['values'],
  mark: object = {},
  encoding: object = {},
): RowLayer {
  const text = { field: 'written', type: 'nominal' };
  return {
    values,
    field: null,
    mark: { type: 'text', align: 'left', dx: 7, ...mark },
    encoding: { text, ...encoding },
  };
}
