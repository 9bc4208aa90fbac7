import { Random, streams } from '../../base/philox.js';
import { bell, between, clamp } from './chance.js';
import { bend, type Linear, linear, wobble } from './deform.js';
import type { Character, Form, Stroke } from './strokes.js';

/** How one simulated person writes: what stays the same from one of their images to the next. */
export interface Writer {
  /** Different for every writer of either part of the data set. */
  readonly id: number;
  /** Each form of each class as this writer learned it: [class][form]. */
  readonly alphabet: readonly (readonly Form[])[];
  /**
   * How often the writer chooses each form of each class: [class][form], shares that add up to 1 per class.
   */
  readonly preference: readonly (readonly number[])[];
  /** The slant, turn and proportions of everything they write. */
  readonly hand: Linear;
  /** Width of a stroke in pixels at pressure 1. */
  readonly penWidth: number;
  /** Direction across which the brush is broadest (a unit vector), and by which share it is broader there. */
  readonly nib: { readonly x: number; readonly y: number; readonly strength: number };
  /** How far strokes thin out towards their end, 0 to 1. */
  readonly taper: number;
  /** How likely the pen stays on the paper between two strokes, 0 to 1. */
  readonly linking: number;
  /** Standard deviation of a point's place from image to image, in sides of the square. */
  readonly unsteadiness: number;
  /** How much the grain of brush and paper shows, 0 to 1. */
  readonly dryness: number;
}

/**
 * A group of writers. The two groups share nobody, and those of the test part differ more from one another.
 */
export interface Population {
  readonly firstId: number;
  readonly count: number;
  /** Multiplies the differences between writers. */
  readonly spread: number;
}

export const trainWriters: Population = { firstId: 0, count: 80, spread: 1 };
export const testWriters: Population = { firstId: 1000, count: 60, spread: 1.1 };

/** Substreams of the seed from here on belong to writers; below it, to images. */
const writerSubstreams = 0x8000_0000;

/** All writers of a population; the same seed gives the same people. */
export function makeWriters(
  seed: number,
  population: Population,
  characters: readonly Character[],
): readonly Writer[] {
  return Array.from({ length: population.count }, (_, index) =>
    makeWriter(seed, population.firstId + index, population.spread, characters),
  );
}

function makeWriter(seed: number, id: number, spread: number, characters: readonly Character[]): Writer {
  const random = new Random(seed, streams.synthetic, writerSubstreams + id);
  // The product of two uniform draws: most people take their time, a few are in a great hurry.
  const haste = between(random, 0, 1) * between(random, 0, 0.45);
  return {
    id,
    ...makeStyle(random, spread, haste),
    preference: characters.map(({ forms }) => preferences(random, forms.length)),
    alphabet: characters.map(({ forms }) => forms.map((form) => personalForm(random, form, spread, haste))),
  };
}

function makeStyle(
  random: Random,
  spread: number,
  haste: number,
): Omit<Writer, 'id' | 'alphabet' | 'preference'> {
  const vary = (mean: number, deviation: number, low: number, high: number): number =>
    clamp(mean + deviation * spread * bell(random), low, high);
  const aspect = vary(0.94, 0.11, 0.7, 1.4);
  const slant = vary(0, 0.12, -0.4, 0.4);
  const halfTurn = vary(0, 0.03, -0.08, 0.08);
  return {
    hand: linear(aspect, slant, halfTurn),
    penWidth: vary(2.7, 0.65, 1.5, 5),
    nib: makeNib(random),
    taper: between(random, 0.1, 0.8),
    linking: haste * between(random, 0, 1.5),
    unsteadiness: between(random, 0.01, 0.026),
    dryness: between(random, 0.1, 0.7),
  };
}

function makeNib(random: Random): Writer['nib'] {
  const x = between(random, 0.2, 1);
  const y = between(random, -1, 1);
  const norm = Math.sqrt(x * x + y * y);
  return { x: x / norm, y: y / norm, strength: between(random, 0, 0.5) };
}

/** Cubes of uniform draws, the first form's doubled, normalised: most writers keep mostly to one form. */
function preferences(random: Random, forms: number): readonly number[] {
  const weights = Array.from({ length: forms }, (_, form) => {
    const u = random.uniform();
    return (form === 0 ? 2 : 1) * (0.02 + u * u * u);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The form as this writer learned it: own proportions, and what haste leaves of it. */
function personalForm(random: Random, form: Form, spread: number, haste: number): Form {
  const learned = bend(random, wobble(random, form.strokes, 0.019 * spread), 0.032 * spread);
  return { name: form.name, strokes: learned.map((stroke) => hurry(random, stroke, haste)) };
}

/**
 * Cuts curves short, pulling inner points by `haste` of the way to the middle of their neighbours, and rounds
 * corners.
 */
function hurry(random: Random, stroke: Stroke, haste: number): Stroke {
  return stroke.map((point, index) => {
    const before = stroke[index - 1];
    const after = stroke[index + 1];
    if (before === undefined || after === undefined) return point;
    return {
      ...point,
      corner: point.corner && random.uniform() >= 2 * haste,
      x: point.x + haste * ((before.x + after.x) / 2 - point.x),
      y: point.y + haste * ((before.y + after.y) / 2 - point.y),
    };
  });
}
