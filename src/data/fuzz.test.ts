import { fuzzTests } from '../testing/fuzz/suite.js';
import { jsonTarget, relyOn } from '../testing/fuzz/target.js';
import { parseCharacters } from './synthetic/strokes.js';

const strokes = JSON.stringify({
  about: 'two characters',
  characters: ['o', 'ki'].map((name) => ({
    name,
    kana: 'お',
    forms: ['modern', 'other'].map((form) => ({
      name: form,
      strokes: ['10,20 30,40,0.5! 50,60', '0,0 100,100'],
    })),
  })),
});

const strokesTarget = jsonTarget(
  'strokes',
  [strokes],
  (text) => {
    const characters = parseCharacters(text, 'strokes.json');
    const points = characters.flatMap(({ forms }) => forms.flatMap((form) => form.strokes.flat()));
    relyOn(
      points.every(
        ({ x, y, pressure }) => x >= 0 && x <= 1 && y >= 0 && y <= 1 && pressure > 0 && pressure <= 2,
      ),
      'a point lies outside',
    );
  },
  { kinds: ['bad-file'] },
);

fuzzTests([strokesTarget]);
