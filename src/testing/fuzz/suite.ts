/**
 * Every parser of a room on mutated input: what is not accepted is refused by a named error, soon, and
 * without much memory.
 *
 * The usual run takes a slice. The long form, `npx vitest run --mode long fuzz.test`, takes 100,000 inputs
 * per parser; with `-t PARSER` of one parser only, with FUZZ_SEED=N others than it took before.
 * FUZZ=PARSER:SEED:INDEX tries a single input.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { howMany, isLong } from '../modes.js';
import { fuzz, inputOf, type FuzzFigures } from './run.js';
import { removeScratch } from './scratch.js';
import type { Target } from './target.js';

const { FUZZ: single, FUZZ_SEED: chosenSeed = '1' } = process.env;
const seed = Number(chosenSeed);

function told({ parser, inputs, accepted, refused, longest, growth }: FuzzFigures): string {
  return (
    `${parser}: ${inputs} inputs, ${accepted} accepted, ${refused} refused, ` +
    `the longest ${longest.toFixed(1)} ms, peak memory +${growth} MiB`
  );
}

/** For all inputs of one parser, on a machine that has others to serve; in ms. */
const patience = howMany(600_000, 7_200_000);

/** Declares the tests of these parsers in the calling test file. */
export function fuzzTests(targets: readonly Target[]): void {
  afterAll(removeScratch);

  describe.runIf(single === undefined).each(targets)('$name', (target) => {
    it.skipIf(target.acceptsSeeds === false)('accepts what its mutations start from', async () => {
      for (const bytes of target.seeds) await target.read(bytes);
    });

    it('gives the same input for the same seed and index', () => {
      for (const index of [0, 1, 17])
        expect(inputOf(target, seed, index)).toEqual(inputOf(target, seed, index));
      expect(inputOf(target, seed, 1)).not.toEqual(inputOf(target, seed, 2));
    });

    it(
      'accepts or refuses every input, and never breaks',
      async () => {
        const figures = await fuzz(target, {
          seed,
          count: howMany(Math.ceil(1000 * (target.share ?? 1)), 100_000),
        });
        if (isLong) console.log(told(figures));
        // Mutations that never, or always, come through test little.
        expect(figures.refused + (target.kinds.length === 0 ? 1 : 0), told(figures)).toBeGreaterThan(0);
        expect(figures.accepted, told(figures)).toBeGreaterThan(0);
      },
      patience,
    );
  });

  const [name = '', of, index] = (single ?? '').split(':');
  const target = targets.find((each) => each.name === name);
  it.runIf(target !== undefined)('the one input that FUZZ names', async () => {
    console.log(told(await fuzz(target!, { seed: Number(of), from: Number(index), count: 1 })));
  });
}
