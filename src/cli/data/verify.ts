/** Checks sizes, sha256 and contents of the files of a data set. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError, exitCodes } from '../../base/errors.js';
import { byteCount } from '../../base/bad-file.js';
import { platform } from '../../platform/index.js';
import { dataFilesOf } from '../../data/array-set.js';
import { roleOf } from '../../data/file-names.js';
import { kmnistPlace } from '../../data/kmnist-files.js';
import { readManifest, type KmnistManifest } from '../../data/kmnist-manifest.js';
import { list } from '../../data/directory.js';
import type { StoredArray } from '../../formats/array.js';
import { parseIdx } from '../../formats/idx.js';
import { imagesOf, labelsOf } from '../../formats/labelled.js';
import { isNpy, parseNpy } from '../../formats/npy.js';
import { isZip, unzipArrays } from '../../formats/npz.js';
import type { Output } from '../../base/output.js';
import { commandLine } from '../../platform/command-line.js';
import { defineCommand } from '../command.js';
import { name } from '../shared-options.js';
import { readNamed, type DataWorld } from './settings.js';

export function verifyCommand(world: DataWorld) {
  return defineCommand({
    name: 'data verify',
    group: 'data',
    summary: 'check KMNIST where training reads it, or the data set in DIR: sizes, sha256, contents',
    words: [{ name: 'DIR', help: 'a directory with a data set', isOptional: true }],
    options: {},
    run: ({ words: [directory] }, { output }) =>
      verify(directory === undefined ? undefined : name('DIR', directory), world, output),
  });
}

interface Verified {
  readonly file: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** What it holds, such as `60,000 images of 28 x 28`; null where it cannot be read. */
  readonly holds: string | null;
  /** `unclear`: a sound file, of which it has to be said how it is meant. */
  readonly verdict: 'official' | 'sound' | 'unclear' | 'missing' | 'damaged';
  readonly fault: string | null;
}

async function verify(named: string | undefined, world: DataWorld, output: Output): Promise<number> {
  const manifest = world.manifest ?? readManifest();
  const place = kmnistPlace(world.env);
  const directory = named ?? place.directory;
  // KMNIST itself has to be the official files; another directory may hold any set.
  const found = await verifyFiles(directory, manifest, named === undefined);
  output.info(`${directory}\n`);
  for (const file of found) tell(file, output);

  const damaged = found.filter(({ verdict }) => verdict === 'damaged');
  const missing = found.filter(({ verdict }) => verdict === 'missing');
  const fetch =
    place.from === 'KMNIST_DIR' ? 'put the official files there' : `run ${commandLine('data fetch')}`;
  const remedy = named === undefined ? fetch : 'replace what is damaged, add what is missing';
  if (damaged.length > 0)
    throw new EngineError(
      'bad-file',
      `${directory}: ${listOf(damaged)} ${damaged.length === 1 ? 'is' : 'are'} damaged`,
      {
        found: damaged[0]!.fault ?? '',
        expected: 'sound files',
        remedy,
      },
    );
  if (missing.length > 0)
    throw new EngineError(
      'no-data',
      missing.length === found.length ? `KMNIST is not in ${directory}` : `${directory} is not complete`,
      {
        found: missing.length === found.length ? 'none of its files' : `no ${listOf(missing)}`,
        expected: `${found.length} files that ${commandLine('data path')} names`,
        remedy: `${remedy}; or train with --data synthetic, which needs no files`,
      },
    );
  return tellWhole(directory, found, output);
}

function listOf(files: readonly Verified[]): string {
  const [first, ...others] = files.map(({ file }) => file);
  return others.length === 0 ? first! : `${first!} and ${others.length} more`;
}

/** That the files fit each other, and what they are together. */
async function tellWhole(directory: string, found: readonly Verified[], output: Output): Promise<number> {
  const { rows, columns, classes, train, test, notice, sha256: whole } = await readNamed(directory);
  const official = found.length > 0 && found.every(({ verdict }) => verdict === 'official');
  if (notice !== undefined) output.info(`NOTICE:  ${notice}`);
  const what = train.pixels instanceof Uint8Array ? 'images' : 'rows of features';
  const counts = { train: train.count, test: test.count, rows, columns, classes };
  output.event({ event: 'verified', directory, official, ...counts, sha256: whole });
  output.result(
    `${official ? 'the official KMNIST' : 'sound'}: ${train.count.toLocaleString('en-US')} training and ` +
      `${test.count.toLocaleString('en-US')} test ${what} of ${rows} x ${columns}, ${classes} classes\n` +
      `  sha256 ${whole}`,
  );
  return 0;
}

function tell(verified: Verified, output: Output): void {
  const { file, bytes, sha256: digest, holds, verdict, fault } = verified;
  output.event({ event: 'file', ...verified });
  const line = `${file.padEnd(26)}  ${verdict}`;
  const contents = [bytes === null ? null : byteCount(bytes), holds].filter((each) => each !== null);
  const details = [contents.join(', '), fault ?? '', digest === null ? '' : `sha256 ${digest}`];
  const text = [line, ...details.filter((each) => each !== '').map((each) => `  ${each}`)].join('\n');
  if (verdict === 'damaged' || verdict === 'missing') output.result(text);
  else output.info(text);
}

async function verifyFiles(named: string, manifest: KmnistManifest, isKmnist: boolean): Promise<Verified[]> {
  // A directory that cannot be read is told by readNamed, in its words.
  const listing = await list(named).catch(async () => {
    if (!isKmnist) await readNamed(named);
    return { directory: named, files: [] as readonly string[] };
  });
  const { directory, files: entries } = listing;
  const names = isKmnist ? manifest.files.map(({ name: each }) => each) : dataFilesOf(entries);
  // Nothing of a data set: readNamed says what is expected.
  if (names.length === 0) await readNamed(named);
  const verified: Verified[] = [];
  for (const file of names)
    verified.push(
      entries.includes(file) ? await verifyFile(directory, file, manifest, isKmnist) : unread(file),
    );
  return verified;
}

/** A file of which nothing is known. */
function unread(file: string): Verified {
  return { file, bytes: null, sha256: null, holds: null, verdict: 'missing', fault: null };
}

async function verifyFile(
  directory: string,
  file: string,
  manifest: KmnistManifest,
  isKmnist: boolean,
): Promise<Verified> {
  let content: Uint8Array;
  try {
    content = await readFile(join(directory, file));
  } catch (error) {
    return { ...unread(file), verdict: 'damaged', fault: (error as Error).message };
  }
  const facts = { ...unread(file), bytes: content.length, sha256: platform.sha256(content) };
  const known = manifest.files.find(({ name: each }) => each === file);
  const isOfficial = known?.bytes === facts.bytes && known.sha256 === facts.sha256;
  if (isKmnist && known !== undefined && !isOfficial) {
    const fault = `not the official file of ${byteCount(known.bytes)}, ${known.sha256.slice(0, 16)}...`;
    return { ...facts, verdict: 'damaged', fault };
  }
  try {
    const { arrays, unread: other } = arraysOf(content, file);
    const fault = faultOfMeaning(arrays, file) ?? other;
    const verdict = isOfficial ? 'official' : fault === null ? 'sound' : 'unclear';
    return { ...facts, holds: describe(arrays, file), verdict, fault };
  } catch (error) {
    return { ...facts, verdict: 'damaged', fault: faultOf(error, file) };
  }
}

function faultOf(error: unknown, file: string): string {
  if (!(error instanceof EngineError) || error.exitCode !== exitCodes['bad-file']) throw error;
  return `${error.message.replace(`${file}: `, '')} (${error.found ?? ''}, not ${error.expected ?? ''})`;
}

/**
 * The arrays of a file by their names; the only one of a file that names none has the file's. An archive may
 * have others beside those of the set, such as texts: `unread` says why the first of them is not read.
 */
function arraysOf(
  content: Uint8Array,
  file: string,
): { readonly arrays: ReadonlyMap<string, StoredArray>; readonly unread: string | null } {
  if (isNpy(content)) return { arrays: new Map([[file, parseNpy(content, file)]]), unread: null };
  if (!isZip(content)) return { arrays: new Map([[file, parseIdx(content, file)]]), unread: null };
  const packed = [...unzipArrays(content, file)];
  const arrays = new Map<string, StoredArray>();
  let unread: string | null = null;
  for (const [name, bytes] of packed)
    try {
      arrays.set(packed.length === 1 ? file : name, parseNpy(bytes, `${file} (${name})`));
    } catch (error) {
      if (packed.length === 1) throw error;
      unread ??= faultOf(error, file);
    }
  return { arrays, unread };
}

/** Why a sound array is not taken for what its name says; null if it is. */
function faultOfMeaning(arrays: ReadonlyMap<string, StoredArray>, file: string): string | null {
  for (const [name, array] of arrays) {
    const kind = roleOf(name).kind;
    try {
      if (kind === 'labels') labelsOf(array, file);
      else if (kind === 'images') imagesOf(array, file);
    } catch (error) {
      return faultOf(error, file);
    }
  }
  return null;
}

function describe(arrays: ReadonlyMap<string, StoredArray>, file: string): string {
  const texts = Array.from(arrays, ([name, { shape, type }]) => {
    const count = (shape[0] ?? 1).toLocaleString('en-US');
    const what = roleOf(name).kind ?? 'elements';
    const sides = shape.length < 2 ? '' : ` of ${shape.slice(1).join(' x ')}`;
    const start = name === file ? '' : `${name}: `;
    return `${start}${count} ${what}${sides}${type === 'uint8' ? '' : ` (${type})`}`;
  });
  return texts.join(', ');
}
