import type { Random } from '../../base/philox.js';
import { bell, between, clamp } from './chance.js';
import { bend, linear, transform, wobble } from './deform.js';
import { type Sheet, size, stamp } from './draw.js';
import { drawIntruder, dryOut, type Grain, splash } from './ink.js';
import type { Form } from './strokes.js';
import { type Trace, trace } from './trace.js';
import type { Writer } from './writer.js';

/** Draws one image of class `label` in `writer`'s hand onto `sheet`, which is cleared first. */
export function drawImage(sheet: Sheet, writer: Writer, label: number, random: Random, grain: Grain): void {
  sheet.fill(0);
  const form = chooseForm(writer, label, random);
  const written = write(form, writer, random);
  const penWidth = writer.penWidth * clamp(1 + 0.12 * bell(random), 0.6, 1.5) * finer(written);
  fitToFrame(written, penWidth, random);
  setDown(sheet, written, penWidth, writer, random);
  dryOut(sheet, random, grain, writer.dryness);
  if (random.uniform() < 0.12) drawIntruder(sheet, random, penWidth);
  if (random.uniform() < 0.2) splash(sheet, random, 1 + random.below(3));
}

function chooseForm(writer: Writer, label: number, random: Random): Form {
  const shares = writer.preference[label]!;
  const forms = writer.alphabet[label]!;
  let left = random.uniform();
  let index = 0;
  while (index < forms.length - 1 && left >= shares[index]!) left -= shares[index++]!;
  return forms[index]!;
}

/** The pen's way for this image: the writer's form, never twice the same. */
function write(form: Form, writer: Writer, random: Random): Trace {
  const carelessness = drawCarelessness(random);
  const tilt = linear(1 + 0.05 * bell(random), 0.05 * bell(random), 0.02 * bell(random));
  const unsteady = wobble(random, form.strokes, carelessness * writer.unsteadiness);
  const bent = bend(random, unsteady, carelessness * 0.021);
  const strokes = transform(transform(bent, tilt), writer.hand);
  const links = strokes.map(() => (random.uniform() < writer.linking ? between(random, 0.25, 0.6) : 0));
  return trace(strokes, writer.taper, links);
}

/**
 * 0.6 to 2.6, mean 1: every set of handwriting has a few images that are hard to read, in its training part
 * too.
 */
function drawCarelessness(random: Random): number {
  const u = random.uniform();
  return 0.6 + 2 * u * u * u * u;
}

/**
 * The more there is to write, the finer the pen must be against the frame: 1 for two and a half sides of ink.
 */
function finer(written: Trace): number {
  return 1.35 / (1 + written.x.length / 600);
}

/** Scales and moves the trace, in place, so that it fills the frame in pixels as KMNIST's images do. */
function fitToFrame(written: Trace, penWidth: number, random: Random): void {
  const [left, right] = extent(written.x);
  const [top, bottom] = extent(written.y);
  const fill = clamp(1 - 0.05 * Math.abs(bell(random)), 0.8, 1);
  const scale = (size * fill - penWidth) / Math.max(right - left, bottom - top);
  const shiftX = size / 2 + 0.6 * bell(random) - (scale * (left + right)) / 2;
  const shiftY = size / 2 + 0.4 * bell(random) - (scale * (top + bottom)) / 2;
  for (let i = 0; i < written.x.length; i++) {
    written.x[i] = written.x[i]! * scale + shiftX;
    written.y[i] = written.y[i]! * scale + shiftY;
  }
}

function extent(values: readonly number[]): readonly [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Inks the trace, in pixels: broader across the nib, and with a slow tremble of the pressure. */
function setDown(sheet: Sheet, written: Trace, penWidth: number, writer: Writer, random: Random): void {
  const { x, y, pressure } = written;
  const { nib } = writer;
  const softness = between(random, 1, 1.6);
  let tremble = 0;
  for (let i = 0; i < x.length; i++) {
    const from = Math.max(i - 1, 0);
    const dx = x[from + 1]! - x[from]!;
    const dy = y[from + 1]! - y[from]!;
    const length = Math.sqrt(dx * dx + dy * dy) + 1e-9;
    const across = Math.abs(dx * nib.y - dy * nib.x) / length;
    if (i % 8 === 0) tremble = 0.7 * tremble + 0.08 * bell(random);
    const width = penWidth * pressure[i]! * (1 + nib.strength * (across - 0.6)) * (1 + tremble);
    stamp(sheet, { x: x[i]!, y: y[i]!, radius: Math.max(0.35, width / 2), softness, strength: 1 });
  }
}
