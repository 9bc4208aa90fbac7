/**
 * Every parser on mutated input: what is not accepted is refused by a named error, soon, and without much memory.
 *
 * The usual run takes a slice. The long form, `npx vitest run --mode long src/testing/fuzz`, takes 100,000 inputs per parser; with
 * `-t PARSER` of one parser only, with FUZZ_SEED=N other ones than it took before. FUZZ=PARSER:SEED:INDEX tries a single input.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { howMany, isLong } from '../testing/modes.js';
import { commandLineTargets } from './testing/fuzz-command-lines.js';
import { formatTargets } from '../formats/testing/fuzz-targets.js';
import { fuzz, inputOf, type FuzzFigures } from '../testing/fuzz/run.js';
import { runTargets } from './testing/fuzz-runs.js';
import { removeScratch } from '../testing/fuzz/scratch.js';
import type { Target } from '../testing/fuzz/target.js';
import { textTargets } from './testing/fuzz-settings.js';

const targets: readonly Target[] = [...formatTargets, ...textTargets, ...runTargets, ...commandLineTargets];

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
    'accepts or refuses whatever it is given',
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

it.runIf(single !== undefined)('the one input that FUZZ names', async () => {
  const [name, of, index] = single!.split(':') as [string, string, string];
  const target = targets.find((each) => each.name === name);
  if (target === undefined)
    throw new Error(`there is no parser ${name}: ${targets.map((each) => each.name).join(', ')}`);
  console.log(told(await fuzz(target, { seed: Number(of), from: Number(index), count: 1 })));
});
