/** A drawing as strokes in the unit square, and what a person can do to it. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The way of the pen from touching the paper to leaving it. */
export type Stroke = readonly Point[];

export interface Drawing {
  readonly strokes: readonly Stroke[];
  /** Whether the last stroke is still being drawn. */
  readonly isPenDown: boolean;
  /** Where the keyboard's pen stands; null until a key was pressed. */
  readonly cursor: Point | null;
  /** Counts the changes of the strokes. */
  readonly version: number;
}

export type DrawingAction =
  | { readonly kind: 'down'; readonly at: Point }
  | { readonly kind: 'move'; readonly points: readonly Point[] }
  | { readonly kind: 'up' }
  | { readonly kind: 'undo' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'show'; readonly strokes: readonly Stroke[] }
  /** Moves the keyboard's pen; where it is down, it draws. */
  | { readonly kind: 'step'; readonly x: number; readonly y: number }
  /** Puts the keyboard's pen down, or lifts it. */
  | { readonly kind: 'toggle' };

export const emptyDrawing: Drawing = { strokes: [], isPenDown: false, cursor: null, version: 0 };

/** Nearer than this to the last point, a point adds nothing. */
const spacing = 0.004;

/** More than a person draws; what a stuck pen adds beyond it is left out. */
const mostPoints = 20_000;

const middle: Point = { x: 0.5, y: 0.5 };

export function draw(drawing: Drawing, action: DrawingAction): Drawing {
  const { strokes, cursor, version, isPenDown } = drawing;
  switch (action.kind) {
    case 'down':
      return {
        ...drawing,
        strokes: [...strokes, [inside(action.at)]],
        isPenDown: true,
        version: version + 1,
      };
    case 'move':
      return isPenDown ? extended(drawing, action.points) : drawing;
    case 'up':
      return isPenDown ? { ...drawing, isPenDown: false } : drawing;
    case 'undo':
      if (strokes.length === 0) return drawing;
      return { ...drawing, strokes: strokes.slice(0, -1), isPenDown: false, version: version + 1 };
    case 'clear':
      if (strokes.length === 0) return { ...drawing, isPenDown: false };
      return { ...drawing, strokes: [], isPenDown: false, version: version + 1 };
    case 'show':
      return { ...drawing, strokes: action.strokes, isPenDown: false, version: version + 1 };
    case 'step': {
      const from = cursor ?? middle;
      const to = inside({ x: from.x + action.x, y: from.y + action.y });
      return { ...(isPenDown ? extended(drawing, [to]) : drawing), cursor: to };
    }
    case 'toggle': {
      const at = cursor ?? middle;
      if (isPenDown) return { ...drawing, isPenDown: false, cursor: at };
      return { ...draw(drawing, { kind: 'down', at }), cursor: at };
    }
  }
}

function extended(drawing: Drawing, points: readonly Point[]): Drawing {
  const stroke = drawing.strokes.at(-1);
  if (stroke === undefined) return drawing;
  const room = mostPoints - drawing.strokes.reduce((sum, { length }) => sum + length, 0);
  const added: Point[] = [];
  for (const each of points.slice(0, Math.max(0, room))) {
    const point = inside(each);
    const last = added.at(-1) ?? stroke.at(-1)!;
    if (Math.hypot(point.x - last.x, point.y - last.y) >= spacing) added.push(point);
  }
  if (added.length === 0) return drawing;
  const strokes = [...drawing.strokes.slice(0, -1), [...stroke, ...added]];
  return { ...drawing, strokes, version: drawing.version + 1 };
}

function inside({ x, y }: Point): Point {
  return { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
}
