/** data.js fetch: downloads KMNIST into the cache. */
import { EngineError } from '../../base/errors.js';
import { loadKmnist, readManifest } from '../../data/kmnist.js';
import { dataProgress } from '../live.js';
import { name } from '../values.js';
import { kmnistCache, kmnistFiles } from '../../data/kmnist-state.js';
import type { DataRequest, Subcommand } from './settings.js';

export const fetchSubcommand: Subcommand = {
  purpose: 'download KMNIST (21 MB) into the cache, continuing what broke off; sound files are left alone',
  words: '',
  wordCount: [0, 0],
  options: [
    {
      flag: '--mirror',
      value: 'URL,URL',
      help: 'where the four files are, in place of the known mirrors (or KMNIST_MIRROR)',
    },
  ],
  check: (given) => {
    const mirror = given.get('--mirror');
    if (mirror === undefined) return;
    for (const part of name('--mirror', mirror).split(',')) checkMirror(part.trim());
  },
  run: fetchKmnist,
};

function checkMirror(mirror: string): void {
  if (URL.canParse(mirror) && /^https?:$/.test(new URL(mirror).protocol)) return;
  throw new EngineError('usage', `--mirror cannot be ${JSON.stringify(mirror)}`, {
    expected: 'http or https URLs of directories with the four files, separated by commas',
    remedy: 'correct it, or leave --mirror out to use the known mirrors',
  });
}

async function fetchKmnist({ given, output, signal, ...world }: DataRequest): Promise<number> {
  const { env } = world;
  const manifest = world.manifest ?? (await readManifest());
  const { directory } = kmnistCache(env);
  if ((env.KMNIST_DIR ?? '') !== '')
    output.info(`KMNIST_DIR is set: training reads ${env.KMNIST_DIR!}, not what is fetched here`);
  const { dataset, source } = await loadKmnist({
    ...world,
    manifest,
    env: { ...env, KMNIST_DIR: undefined, KMNIST_MIRROR: given.get('--mirror') ?? env.KMNIST_MIRROR },
    signal,
    ...dataProgress(output),
  });
  output.clear();
  for (const { name: file, path, bytes, sha256 } of await kmnistFiles(directory, manifest))
    output.event({ event: 'file', file, path, bytes, sha256 });
  const { train, test, sha256 } = dataset;
  const fetched = source !== 'the cache';
  output.event({
    event: 'fetched',
    directory,
    downloaded: fetched,
    sha256,
    train: train.count,
    test: test.count,
  });
  const counts = `${train.count.toLocaleString('en-US')} + ${test.count.toLocaleString('en-US')} images`;
  output.result(
    `KMNIST is ${fetched ? 'complete' : 'already complete'}: ${counts}, verified by sha256\n${directory}`,
  );
  return 0;
}
