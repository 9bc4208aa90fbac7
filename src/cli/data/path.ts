/** data.js path: where KMNIST is kept, and what is there. */
import { byteCount } from '../../base/bad-file.js';
import { readManifest } from '../../data/kmnist.js';
import { kmnistFiles, kmnistPlace } from '../../data/kmnist-state.js';
import type { DataRequest, Subcommand } from './settings.js';

export const pathSubcommand: Subcommand = {
  purpose: 'print where KMNIST is read from, and what is there; with --quiet the path alone',
  words: '',
  wordCount: [0, 0],
  options: [],
  run: tellPath,
};

async function tellPath({ output, ...world }: DataRequest): Promise<number> {
  const { directory, from } = kmnistPlace(world.env);
  const files = await kmnistFiles(directory, world.manifest ?? (await readManifest()));
  output.event({ event: 'path', directory, from, files });
  output.result(directory);
  const why = from === 'the default' ? 'the default; WGSL_TRAIN_CACHE moves it' : `by ${from}`;
  output.info(`  (${why})`);
  for (const { name, state, bytes, fault } of files)
    output.info(
      `  ${name.padEnd(28)}${[state, bytes === null ? fault : byteCount(bytes)].filter(Boolean).join(', ')}`,
    );
  if (files.some(({ state }) => state !== 'complete') && from !== 'KMNIST_DIR')
    output.info('node scripts/data.js fetch downloads what is not complete');
  return 0;
}
