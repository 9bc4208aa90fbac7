import { describe, expect, it } from 'vitest';
import { draw, emptyDrawing, type Drawing, type DrawingAction } from './drawing.js';

const after = (...actions: readonly DrawingAction[]): Drawing => actions.reduce(draw, emptyDrawing);
const down = (x: number, y: number): DrawingAction => ({ kind: 'down', at: { x, y } });
const move = (...points: readonly (readonly [number, number])[]): DrawingAction => ({
  kind: 'move',
  points: points.map(([x, y]) => ({ x, y })),
});

describe('a drawing', () => {
  it('takes strokes, each from touching the paper to leaving it', () => {
    const { strokes, isPenDown } = after(
      down(0.1, 0.1),
      move([0.2, 0.2], [0.3, 0.3]),
      { kind: 'up' },
      down(0.5, 0.5),
    );
    expect(strokes.map(({ length }) => length)).toEqual([3, 1]);
    expect(isPenDown).toBe(true);
  });

  it('leaves out what adds nothing, and keeps to the square', () => {
    const { strokes } = after(down(0.5, 0.5), move([0.501, 0.5], [0.5, 0.502]), move([2, -1]));
    expect(strokes).toEqual([
      [
        { x: 0.5, y: 0.5 },
        { x: 1, y: 0 },
      ],
    ]);
  });

  it('does not draw with a lifted pen', () => {
    expect(after(move([0.2, 0.2])).strokes).toEqual([]);
    expect(after(down(0.5, 0.5), { kind: 'up' }, move([0.9, 0.9])).strokes).toEqual([[{ x: 0.5, y: 0.5 }]]);
  });

  it('takes the last stroke back, and clears', () => {
    const two = [down(0.1, 0.1), { kind: 'up' }, down(0.9, 0.9), { kind: 'up' }] as const;
    expect(after(...two, { kind: 'undo' }).strokes).toEqual([[{ x: 0.1, y: 0.1 }]]);
    expect(after(...two, { kind: 'clear' }).strokes).toEqual([]);
    expect(after({ kind: 'undo' })).toBe(emptyDrawing);
  });

  it('counts the changes of what is drawn, and no others', () => {
    const one = after(down(0.5, 0.5));
    expect(draw(one, { kind: 'up' }).version).toBe(one.version);
    expect(draw(one, move([0.5001, 0.5])).version).toBe(one.version);
    expect(draw(one, { kind: 'undo' }).version).toBe(one.version + 1);
  });

  it('ends where a stuck pen would fill the memory', () => {
    const points = Array.from({ length: 30_000 }, (_, i): [number, number] => [i % 2, (i % 100) / 100]);
    expect(after(down(0, 0), move(...points), move([0.5, 0.5])).strokes[0]).toHaveLength(20_000);
  });

  it('is drawn by keys: the pen starts in the middle, draws where it is down, and shows where it is', () => {
    const step = (x: number, y: number): DrawingAction => ({ kind: 'step', x, y });
    const keys = after(step(-0.25, 0), { kind: 'toggle' }, step(0, 0.25), { kind: 'toggle' }, step(0.5, 0));
    expect(keys.strokes).toEqual([
      [
        { x: 0.25, y: 0.5 },
        { x: 0.25, y: 0.75 },
      ],
    ]);
    expect(keys.cursor).toEqual({ x: 0.75, y: 0.75 });
  });
});
