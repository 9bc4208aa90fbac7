import { EngineError } from '../../base/errors.js';
import type { Dataset } from '../dataset.js';

/** Images made when a size is not given. */
export const defaultSize = { train: 12_000, test: 2_000 } as const;

/** Draws the synthetic set: ten kana, 28x28, the same bytes everywhere for the same sizes and seed. */
export function synthesize(options: {
  readonly train: number;
  readonly test: number;
  readonly seed?: number;
}): Dataset {
  throw new EngineError('bug', `the synthetic set of ${options.train}/${options.test} is not drawn yet`);
}
