/** What must hold for every fault, whatever work it is put into. */
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { endingOf } from './catalogue.js';
import type { Call, Fault } from './faulty-webgpu.js';
import { run, undisturbed, type Work } from './work.js';

/** Milliseconds after which a fault counts as hanging; it takes a hundredth of that. */
const hangs = 10_000;
/** After so many faults the work is done again on a fresh device. */
const faultsPerRepetition = 20;

/** @returns a count of the faults that happened */
export async function faultSuite(
  name: string,
  work: Work,
  choose: (calls: readonly Call[]) => readonly Fault[],
): Promise<() => number> {
  const whole = await undisturbed(work);
  const { calls } = whole.use;
  const faults = choose(calls).map((fault) => {
    const { kind, site, nth } = fault;
    const { label } = calls.filter((call) => call.site === site)[nth]!;
    return [`${kind} at ${site} ${nth}${label === '' ? '' : `, ${label}`}`, { fault, label }] as const;
  });
  let happened = 0;
  let repeatedAt = 0;

  const repeat = async (): Promise<void> => {
    repeatedAt = happened;
    const again = await run(null, work);
    expect(again.error).toBeUndefined();
    expect(again.result).toEqual(whole.result);
  };

  describe(name, () => {
    test.each(faults)('%s', { timeout: hangs }, async (_, { fault, label }) => {
      const end = await run(fault, work);
      expect(end.use.firedAt, 'the fault must happen').not.toBeNull();
      happened++;
      const { kind, exitCode, message, remedy } = endingOf(fault, label);
      expect(end.error).toBeInstanceOf(EngineError);
      const error = end.error as EngineError;
      expect({ kind: error.kind, exitCode: error.exitCode }).toEqual({ kind, exitCode });
      expect(error.message).toMatch(message);
      expect(error.remedy).toMatch(remedy);
      expect(error.found, 'what was found').toMatch(/\S/);
      expect(end.leaked, 'buffers left on the device').toEqual([]);

      // An epoch is told of behind the submit that follows it; what is told is right, because it was read
      // before.
      const results = end.afterwards.filter(({ what }) => !what.startsWith('epoch'));
      expect(results, 'results handed out after the fault').toEqual([]);
      expect(whole.noted).toEqual(expect.arrayContaining([...end.afterwards]));

      if (happened - repeatedAt >= faultsPerRepetition) await repeat();
    });

    test('afterwards a fresh device gives the same results', repeat);
  });
  return () => happened;
}
