/** Data sets and room for them. */
import { commandLine } from '../../platform/command-line.js';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { reasonOf } from '../../base/bad-file.js';
import { cacheDirectory } from '../../data/cache.js';
import { synthesize } from '../../data/synthetic/index.js';
import { kmnistFiles, kmnistPlace, type FileState } from '../../data/kmnist-files.js';
import { readManifest, type KmnistManifest } from '../../data/kmnist-manifest.js';
import { about, gigabytes, type Check } from './check.js';
import type { World } from './world.js';

/** KMNIST where training would read it; what the cache lacks is downloaded when it is asked for. */
export async function checkKmnist({ env }: World, manifest?: KmnistManifest): Promise<Check> {
  const { directory, from } = kmnistPlace(env);
  const files = await kmnistFiles(directory, manifest ?? readManifest());
  const kmnist = about('KMNIST', { directory, from, files });
  const where = `${directory}${from === 'KMNIST_DIR' ? ' (KMNIST_DIR)' : ''}`;
  const bad = files.filter(({ state }) => state !== 'complete');
  if (bad.length === 0) return kmnist.ok(`complete in ${where}`);
  const isNowhere = files.every(({ state }) => state === 'missing');
  const found = isNowhere ? `not in ${where}` : [where, ...bad.map(describe)];
  if (from !== 'KMNIST_DIR')
    return kmnist.warning(
      found,
      `${commandLine('data fetch')} (21 MB); without it --data auto takes the synthetic set`,
    );
  const isDamaged = bad.some(({ state }) => state === 'damaged');
  const remedy = 'put the official .gz files there, or unset KMNIST_DIR to download them';
  return isDamaged ? kmnist.wrong(found, remedy) : kmnist.warning(found, remedy);
}

function describe({ name, state, fault }: FileState): string {
  return `${name} is ${state}${fault === '' ? '' : ` (${fault})`}`;
}

/** The first images of the built-in set, on every machine. */
const syntheticSize = { train: 20, test: 10 } as const;
const syntheticSha256 = '4f8b4f6415707921791a89b1f29029a9a82530ed15d3a3593d4e8a167a03faa1';

/** That the synthetic set is drawn, bit for bit, as everywhere else. */
export function checkSynthetic(): Check {
  const name = 'synthetic';
  const remedy = 'this is a bug in wgsl-train or a damaged file of it: please report it';
  try {
    const { sha256 } = synthesize(syntheticSize);
    const check = about(name, { sha256, expected: syntheticSha256 });
    if (sha256 === syntheticSha256) return check.ok('drawn as everywhere else, bit for bit');
    return check.wrong(`drawn otherwise than elsewhere: sha256 ${sha256.slice(0, 16)}...`, remedy);
  } catch (error) {
    return about(name, { sha256: null }).wrong(reasonOf(error), remedy);
  }
}

/** KMNIST takes 21 MB, a run with its checkpoints a few. */
const enoughBytes = 200e6;

/** Room and permission in the cache and in the directory that runs are written below. */
export function checkDisk({ env }: World, directory = '.'): Check {
  const places = { cache: cacheDirectory(env), 'this directory': resolve(directory) };
  const states = Object.entries(places).map(([what, path]) => ({ what, path, ...roomIn(path) }));
  const found = states.map(
    ({ what, free, writable }) =>
      `${what}: ${free === null ? 'unknown' : gigabytes(free)} free${writable ? '' : ', and not writable'}`,
  );
  const disk = about('disk', { places: states });
  const isBad = states.some(({ free, writable }) => !writable || (free !== null && free < enoughBytes));
  if (!isBad) return disk.ok(found.join('; '));
  return disk.warning(
    states.map(({ path }, i) => `${found[i]!} (${path})`),
    'make room, or set WGSL_TRAIN_CACHE for the cache and --out for runs to another place',
  );
}

/** Of a directory, or of where it would be made. `free` in bytes; null where the system does not say. */
function roomIn(path: string): { readonly free: number | null; readonly writable: boolean } {
  let nearest = resolve(path);
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  let free: number | null = null;
  try {
    const { bavail, bsize } = statfsSync(nearest);
    free = bavail * bsize;
    accessSync(nearest, constants.W_OK);
    return { free, writable: true };
  } catch {
    return { free, writable: false };
  }
}
