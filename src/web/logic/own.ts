/** Drawings of one's own classes, and how the browser keeps them. */
import * as v from 'valibot';
import { check } from '../../base/schema.js';
import type { Stroke } from './drawing.js';

export interface OwnDrawings {
  readonly classes: readonly {
    readonly name: string;
    readonly drawings: readonly (readonly Stroke[])[];
  }[];
}

export type OwnAction =
  | { readonly kind: 'add'; readonly index: number; readonly strokes: readonly Stroke[] }
  | { readonly kind: 'take-back'; readonly index: number }
  | { readonly kind: 'rename'; readonly index: number; readonly name: string }
  | { readonly kind: 'add-class' }
  | { readonly kind: 'remove-class'; readonly index: number };

export const leastClasses = 3;
export const mostClasses = 10;
/** Of each class; with fewer, nothing is left to test on. */
const leastDrawings = 3;
const mostDrawings = 200;

export const noneDrawn: OwnDrawings = {
  classes: ['one', 'two', 'three'].map((name) => ({ name, drawings: [] })),
};

export function changeOwn(own: OwnDrawings, action: OwnAction): OwnDrawings {
  const { classes } = own;
  const changed = (
    change: (one: OwnDrawings['classes'][number]) => Partial<OwnDrawings['classes'][number]>,
  ) => ({
    classes: classes.map((one, i) =>
      'index' in action && i === action.index ? { ...one, ...change(one) } : one,
    ),
  });
  switch (action.kind) {
    case 'add':
      return changed(({ drawings }) => ({ drawings: [...drawings, action.strokes].slice(-mostDrawings) }));
    case 'take-back':
      return changed(({ drawings }) => ({ drawings: drawings.slice(0, -1) }));
    case 'rename':
      return changed(() => ({ name: action.name }));
    case 'add-class':
      if (classes.length >= mostClasses) return own;
      return { classes: [...classes, { name: `class ${classes.length + 1}`, drawings: [] }] };
    case 'remove-class':
      if (classes.length <= leastClasses) return own;
      return { classes: classes.filter((_, i) => i !== action.index) };
  }
}

/** What keeps these drawings from being trained on, as a sentence; null: nothing. */
export function faultOfOwn({ classes }: OwnDrawings): string | null {
  const names = classes.map(({ name }) => name.trim());
  if (names.includes('')) return 'A class has no name.';
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `Two classes are called “${twice}”.`;
  const few = classes.find(({ drawings }) => drawings.length < leastDrawings);
  if (few !== undefined)
    return `“${few.name}” needs ${leastDrawings} drawings or more, and has ${few.drawings.length}.`;
  return null;
}

const key = 'wgsl-train-own-drawings';

/** Three decimals are a fifth of a pixel of the drawing area. */
function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const stroke = v.pipe(v.array(v.tuple([share, share])), v.minLength(1));
const stored = v.array(
  v.object({ name: v.pipe(v.string(), v.maxLength(40)), drawings: v.array(v.array(stroke)) }),
);

/** What an earlier visit left; the classes without drawings where it left nothing that can be read. */
export function loadOwn(storage: Pick<Storage, 'getItem'> | null): OwnDrawings {
  try {
    const { value } = check(stored, JSON.parse(storage?.getItem(key) ?? 'null'));
    if (value === null || value.length < leastClasses || value.length > mostClasses) return noneDrawn;
    return {
      classes: value.map(({ name, drawings }) => ({
        name,
        drawings: drawings
          .slice(-mostDrawings)
          .map((strokes) => strokes.map((points) => points.map(([x, y]) => ({ x, y })))),
      })),
    };
  } catch {
    return noneDrawn;
  }
}

/** Keeps them if the browser does: they are not lost for this visit if it does not. */
export function saveOwn(storage: Pick<Storage, 'setItem'> | null, { classes }: OwnDrawings): void {
  const value = classes.map(({ name, drawings }) => ({
    name: name.slice(0, 40),
    drawings: drawings.map((strokes) =>
      strokes.map((points) => points.map(({ x, y }) => [rounded(x), rounded(y)])),
    ),
  }));
  try {
    storage?.setItem(key, JSON.stringify(value));
  } catch {
    // The quota is full, or storage is switched off.
  }
}
