/** What the worker takes of the library. */
import { EngineError, type Dataset } from '../../browser.js';
import { parseDataSpec } from '../../data/spec.js';
import { synthesize } from '../../data/synthetic/index.js';

export * from '../../browser.js';

/** Until the library in a browser has its own. */
export function resolveDataset(spec: string | readonly unknown[], _options: object): Promise<Dataset> {
  const parsed = typeof spec === 'string' ? parseDataSpec(spec) : { kind: 'files' };
  if (!('train' in parsed))
    return Promise.reject(new EngineError('usage', 'only the synthetic set is read yet'));
  return Promise.resolve(synthesize(parsed));
}
