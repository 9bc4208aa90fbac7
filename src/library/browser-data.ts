import { EngineError } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import type { NamedFile } from '../data/listing.js';
import { parseDataSpec } from '../data/spec.js';
import { synthesize } from '../data/synthetic/index.js';
import { platform } from '../platform/index.js';
import { resolveFiles, resolveUrl, type ResolveOptions } from './resolve-files.js';

/** As in data.ts, where there are no directories. */
export async function resolveDataset(
  source: string | readonly NamedFile[],
  options: ResolveOptions = {},
): Promise<Dataset> {
  if (typeof source !== 'string') return resolveFiles(source, options);
  const { syntheticSeed: seed } = options;
  const wanted = parseDataSpec(source, 'data set');
  switch (wanted.kind) {
    case 'synthetic':
      return synthesize({ train: wanted.train, test: wanted.test, ...(seed !== undefined && { seed }) });
    case 'auto':
      return {
        ...(await resolveDataset('synthetic', options)),
        notice: 'the built-in synthetic set is used: pages cannot download KMNIST from where it is published',
      };
    case 'kmnist':
      throw new EngineError('no-data', 'pages cannot download KMNIST', {
        found: 'servers of KMNIST that do not allow other pages to read it (CORS)',
        expected: 'its four files',
        remedy: 'give the URL of a folder with them, the files themselves, or use synthetic',
      });
    case 'directory':
      return resolveUrl(urlOf(wanted.path), options);
  }
}

function urlOf(text: string): URL {
  try {
    return new URL(text, platform.location());
  } catch (cause) {
    throw new EngineError('usage', `${JSON.stringify(text)} is no URL`, {
      expected:
        'synthetic, synthetic:TRAIN/TEST, or the URL of a folder with the four IDX files of a data set',
      remedy: 'write it as in the address bar',
      cause,
    });
  }
}
