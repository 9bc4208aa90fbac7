/** `--unit I/N`, and what goes with it. */
import { EngineError, refused } from '../../base/errors.js';
import { digits } from '../../train/settings.js';
import type { Option } from '../option.js';

/** One of the units of a run. */
export interface UnitOf {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** More would take the merge gigabytes. */
export const unitLimit = 100_000;

export const unitOption: Option<UnitOf> = {
  flag: '--unit',
  value: 'I/N',
  help: 'train unit I of N, I from 0 to N-1, or resume it; --resume merges the units',
  read: (text, flag) => {
    const [index = NaN, count = NaN, ...more] = text.split('/').map(digits);
    if (more.length === 0 && count >= 1 && count <= unitLimit && index >= 0 && index < count)
      return { index, count };
    throw refused(flag, text, `I/N, such as 0/12 to 11/12, N at most ${unitLimit}`);
  },
};

interface UnitWish {
  readonly unit: UnitOf | undefined;
  readonly units: number | undefined;
  readonly out: string | undefined;
  readonly overwrite: boolean;
  readonly profile: boolean;
  /** Of successive halving; null: there is none. */
  readonly halving: number | null;
}

/** @throws EngineError `usage` for options that do not go with units */
export function requireUnitOptions({ unit, units, ...others }: UnitWish): void {
  if (units === undefined) return;
  const refuse = (message: string, expected: string, remedy: string): never => {
    throw new EngineError('usage', message, { expected, remedy });
  };
  if (others.profile)
    refuse(
      '--profile and --trace do not go with units',
      'one process',
      'leave them out, or --units and --unit',
    );
  if (others.halving !== null)
    refuse(
      '--halving does not go with units',
      'one process: each round needs the results of all variants',
      'leave out --halving, or --units and --unit',
    );
  if (unit === undefined) return;
  if (unit.count !== units)
    refuse(
      `--unit ${unit.index}/${unit.count} is none of ${units}`,
      `--unit I/${units}`,
      'leave out --units',
    );
  if (others.overwrite)
    refuse(
      '--overwrite does not go with --unit',
      'a unit beside others',
      'give it with --units N, before the first unit',
    );
  if (others.out === undefined)
    refuse(
      '--unit needs --out',
      '--out with the directory that all units share',
      'for example --out runs/sweep',
    );
}
