/** Says where KMNIST is kept, and what is there. */
import { byteCount } from '../../base/bad-file.js';
import { kmnistFiles, kmnistPlace, readManifest } from '../../data/kmnist-files.js';
import { commandLine } from '../../platform/command-line.js';
import { defineCommand, type RunContext } from '../command.js';
import type { DataWorld } from './settings.js';

export function pathCommand(world: DataWorld) {
  return defineCommand({
    name: 'data path',
    group: 'data',
    summary: 'print where KMNIST is read from, and what is there; with --quiet the path alone',
    options: {},
    run: (_, { output }) => tellPath(world, output),
  });
}

async function tellPath(world: DataWorld, output: RunContext['output']): Promise<number> {
  const { directory, from } = kmnistPlace(world.env);
  const files = await kmnistFiles(directory, world.manifest ?? readManifest());
  output.event({ event: 'path', directory, from, files });
  output.result(directory);
  const why = from === 'the default' ? 'the default; WGSL_TRAIN_CACHE moves it' : `by ${from}`;
  output.info(`  (${why})`);
  for (const { name, state, bytes, fault } of files)
    output.info(
      `  ${name.padEnd(28)}${[state, bytes === null ? fault : byteCount(bytes)].filter(Boolean).join(', ')}`,
    );
  if (files.some(({ state }) => state !== 'complete') && from !== 'KMNIST_DIR')
    output.info(`${commandLine('data fetch')} downloads what is not complete`);
  return 0;
}
