import { describe, expect, it } from 'vitest';
import {
  changeOwn,
  faultOfOwn,
  loadOwn,
  noneDrawn,
  saveOwn,
  type OwnAction,
  type OwnDrawings,
} from './own.js';

const strokes = [[{ x: 0.123456, y: 0.5 }]];
const after = (...actions: readonly OwnAction[]): OwnDrawings => actions.reduce(changeOwn, noneDrawn);
const filled = after(
  ...[0, 1, 2].flatMap((index) => new Array<OwnAction>(3).fill({ kind: 'add', index, strokes })),
);

describe('own drawings', () => {
  it('have 3 to 10 classes', () => {
    const many = after(...new Array<OwnAction>(12).fill({ kind: 'add-class' }));
    expect(many.classes).toHaveLength(10);
    const few = new Array<OwnAction>(12).fill({ kind: 'remove-class', index: 0 }).reduce(changeOwn, many);
    expect(few.classes).toHaveLength(3);
  });

  it('say what keeps them from being trained on', () => {
    expect(faultOfOwn(noneDrawn)).toBe('“one” needs 3 drawings or more, and has 0.');
    expect(faultOfOwn(filled)).toBeNull();
    expect(faultOfOwn(changeOwn(filled, { kind: 'take-back', index: 2 }))).toMatch('“three” needs 3');
    expect(faultOfOwn(changeOwn(filled, { kind: 'rename', index: 1, name: ' one ' }))).toMatch('Two classes');
    expect(faultOfOwn(changeOwn(filled, { kind: 'rename', index: 1, name: ' ' }))).toMatch('no name');
  });

  it('are there again at the next visit', () => {
    let kept = '';
    saveOwn({ setItem: (_, value) => (kept = value) }, filled);
    const found = loadOwn({ getItem: () => kept });
    expect(found.classes.map(({ name, drawings }) => [name, drawings.length])).toEqual([
      ['one', 3],
      ['two', 3],
      ['three', 3],
    ]);
    expect(found.classes[0]!.drawings[0]).toEqual([[{ x: 0.123, y: 0.5 }]]);
  });

  it.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['something else', '{"a":1}'],
    ['too few classes', '[]'],
    [
      'points outside',
      '[{"name":"a","drawings":[[[[2,0]]]]},{"name":"b","drawings":[]},{"name":"c","drawings":[]}]',
    ],
  ])('begin anew where an earlier visit left %s', (_, kept) => {
    expect(loadOwn({ getItem: () => kept })).toBe(noneDrawn);
  });

  it('are drawn all the same where the browser keeps nothing', () => {
    const refusing = {
      getItem: (): string => {
        throw new Error('denied');
      },
      setItem: (): void => {
        throw new Error('quota');
      },
    };
    expect(loadOwn(refusing)).toBe(noneDrawn);
    expect(() => {
      saveOwn(refusing, filled);
    }).not.toThrow();
    expect(loadOwn(null)).toBe(noneDrawn);
  });
});
