/** Downloads KMNIST into the cache. */
import { EngineError } from '../../base/errors.js';
import { kmnistCache, kmnistFiles, kmnistPlace } from '../../data/kmnist-files.js';
import { readManifest } from '../../data/kmnist-manifest.js';
import { loadKmnist } from '../../data/kmnist.js';
import { defineCommand } from '../command.js';
import { dataProgress } from '../live.js';
import { name } from '../shared-options.js';
import type { DataWorld } from './settings.js';
import { byteCount } from '../../base/bad-file.js';
import { commandLine } from '../../platform/command-line.js';

export function fetchCommand(world: DataWorld) {
  return defineCommand({
    name: 'data fetch',
    group: 'data',
    summary: 'download KMNIST (21 MB) into the cache, continuing what broke off; sound files are left alone',
    options: {
      mirror: {
        flag: '--mirror',
        value: 'URL,URL',
        help: 'where the four files are, in place of the known mirrors (or KMNIST_MIRROR)',
        read: readMirrors,
      },
    },
    run: async ({ mirror }, { output, signal }) => {
      const { env } = world;
      const manifest = world.manifest ?? readManifest();
      const { directory } = kmnistCache(env);
      if ((env.KMNIST_DIR ?? '') !== '')
        output.info(`KMNIST_DIR is set: training reads ${env.KMNIST_DIR!}, not what is fetched here`);
      const { dataset, source } = await loadKmnist({
        ...world,
        manifest,
        env: { ...env, KMNIST_DIR: undefined, KMNIST_MIRROR: mirror ?? env.KMNIST_MIRROR },
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
    },
  });
}

function readMirrors(text: string, flag: string): string {
  for (const part of name(flag, text).split(',')) checkMirror(part.trim());
  return text;
}

function checkMirror(mirror: string): void {
  if (URL.canParse(mirror) && /^https?:$/.test(new URL(mirror).protocol)) return;
  throw new EngineError('usage', `--mirror cannot be ${JSON.stringify(mirror)}`, {
    expected: 'http or https URLs of directories with the four files, separated by commas',
    remedy: 'correct it, or leave --mirror out to use the known mirrors',
  });
}

export function pathCommand(world: DataWorld) {
  return defineCommand({
    name: 'data path',
    group: 'data',
    summary: 'print where KMNIST is read from, and what is there; with --quiet the path alone',
    options: {},
    run: async (_, { output }) => {
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
    },
  });
}
