import { EngineError } from '../base/errors.js';
import type { Dataset } from './dataset.js';
import { readDirectory } from './directory.js';
import { loadKmnist, type KmnistOptions } from './kmnist.js';
import type { PictureOptions } from './picture-set.js';
import { parseDataSpec } from './spec.js';
import { defaultSize, synthesize } from './synthetic/index.js';

export { parseDataSpec, type DataSpec } from './spec.js';
export type { DownloadProgress } from './download.js';

export interface ResolveOptions
  extends KmnistOptions, Pick<PictureOptions, 'onPictures' | 'size' | 'polarity' | 'grey'> {
  /**
   * The seed that the synthetic set is drawn with; its own fixed one if left out. It is not the training
   * seed: runs with several training seeds compare only on the same data.
   */
  readonly syntheticSeed?: number;
}

/**
 * `auto` decides within 10 s that there is no way to any mirror; this leaves room for what comes before and
 * after.
 */
const autoRouteTimeoutMs = 8_000;

/**
 * Finds, downloads or draws the data set that `--data` asks for.
 *
 * `auto` takes KMNIST if it is there or can be downloaded, else the synthetic set of the default size; the
 * `notice` of the data set says which, and why. Any other set is loaded, or its absence is an error.
 * @throws EngineError `usage`, `no-data`, `bad-file` or `interrupted`
 */
export async function resolveDataset(spec: string, options: ResolveOptions = {}): Promise<Dataset> {
  const wanted = parseDataSpec(spec, 'data set');
  switch (wanted.kind) {
    case 'auto':
      return resolveAuto(options);
    case 'kmnist':
      return (await loadKmnist(options)).dataset;
    case 'synthetic':
      return draw(wanted.train, wanted.test, options);
    case 'directory':
      return readDirectory(wanted.path, options);
  }
}

async function resolveAuto(options: ResolveOptions): Promise<Dataset> {
  const limits = { routeTimeoutMs: autoRouteTimeoutMs, ...options.limits };
  const env = options.env ?? process.env;
  const reasons: string[] = [];
  // A KMNIST_DIR that does not hold the set is reported, and does not stand in the way of the cache and the
  // mirrors.
  const places = (env.KMNIST_DIR ?? '') === '' ? [env] : [env, { ...env, KMNIST_DIR: undefined }];
  for (const place of places) {
    try {
      const { dataset, source } = await loadKmnist({ ...options, limits, env: place });
      const notice = [`KMNIST is used, from ${source}`, ...reasons].join('; ');
      return { ...dataset, notice };
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'no-data') throw error;
      reasons.push(`${error.message}: ${(error.found ?? '').replaceAll(/\s*\n\s*/g, '; ')}`);
    }
  }
  const { train, test } = defaultSize;
  const notice =
    `the built-in synthetic set (${train} training and ${test} test images) is used, not KMNIST, ` +
    `because ${reasons.join('; ')}`;
  return { ...draw(train, test, options), notice };
}

function draw(train: number, test: number, options: ResolveOptions): Dataset {
  const { syntheticSeed: seed } = options;
  return synthesize(seed === undefined ? { train, test } : { train, test, seed });
}
