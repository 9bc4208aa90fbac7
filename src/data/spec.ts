import { EngineError } from '../base/errors.js';
import { defaultSize } from './synthetic/index.js';

/** What `--data` asks for, after its syntax was checked; nothing was touched yet. */
export type DataSpec =
  | { readonly kind: 'auto' }
  | { readonly kind: 'kmnist' }
  | { readonly kind: 'synthetic'; readonly train: number; readonly test: number }
  | { readonly kind: 'directory'; readonly path: string };

/** Ten classes need ten images; a million images of 784 bytes are 0.8 GB of host memory. */
export const syntheticLimits = { min: 10, max: 1_000_000 } as const;

const syntax = 'auto, kmnist, synthetic, synthetic:TRAIN, synthetic:TRAIN/TEST, or a directory';

/**
 * Checks the syntax of a `--data` value without touching a file or the network.
 *
 * Any other text is a directory; a directory that carries such a name is written
 * `./kmnist`.
 * @param called what messages call it
 * @throws EngineError `usage`
 */
export function parseDataSpec(spec: string, called = '--data'): DataSpec {
  if (spec === 'auto' || spec === 'kmnist') return { kind: spec };
  if (spec === 'synthetic') return { kind: 'synthetic', ...defaultSize };
  if (spec.startsWith('synthetic:')) return parseSynthetic(spec, called);
  if (spec.trim() === '' || spec.includes('\0'))
    throw new EngineError('usage', `${called} needs a value`, {
      found: JSON.stringify(spec),
      expected: syntax,
      remedy: 'name a data set, such as auto',
    });
  return { kind: 'directory', path: spec };
}

function parseSynthetic(spec: string, called: string): DataSpec {
  const match = /^synthetic:(\d{1,9})(?:\/(\d{1,9}))?$/.exec(spec);
  const train = Number(match?.[1]);
  const test = match?.[2] === undefined ? defaultSize.test : Number(match[2]);
  const { min, max } = syntheticLimits;
  const inRange = (count: number): boolean => count >= min && count <= max;
  if (match === null || !inRange(train) || !inRange(test))
    throw new EngineError('usage', `${called} ${spec} is not a size of the synthetic set`, {
      found: spec.slice('synthetic:'.length) || 'nothing after the colon',
      expected: `synthetic:TRAIN or synthetic:TRAIN/TEST, whole numbers from ${min} to ${max}`,
      remedy: `for example synthetic:${defaultSize.train}/${defaultSize.test}`,
    });
  return { kind: 'synthetic', train, test };
}
