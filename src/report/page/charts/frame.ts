/**
 * What all charts are laid out with. Places are computed by hand from the lengths of texts, because without a
 * browser Vega can only guess at their widths, and guesses half again too much.
 */
import { chartWidth } from './theme.js';

/** A field of numbers, and one of names, as Vega-Lite's encodings take them. */
export function numbers(field: string, more: object = {}): object {
  return { field, type: 'quantitative', ...more };
}
export function names(field: string, more: object = {}): object {
  return { field, type: 'nominal', ...more };
}

/** Mean width of a letter at the size of labels, in pixels; bold ones fit, too. */
const letterWidth = 6.7;

export interface Frame {
  readonly title: string;
  /** Height of the plot, and room beside and below it, in pixels. */
  readonly height: number;
  readonly left: number;
  readonly right?: number;
  readonly bottom?: number;
}

/** The part of a chart's specification that says how large it is: all charts are equally wide. */
export function frame({ title, height, left, right = 12, bottom = 38 }: Frame): Record<string, unknown> {
  return {
    width: chartWidth - left - right,
    height,
    padding: { left, right, top: 30, bottom },
    autosize: { type: 'none' },
    title: { text: title, dx: 6 - left },
  };
}

/** Pixels that the longest of some labels takes up. */
export function labelWidth(texts: readonly string[]): number {
  return Math.ceil(letterWidth * Math.max(...texts.map((text) => text.length)));
}

/** A text that fits, with an ellipsis where it was cut. */
export function shortened(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}
