import { badFile, shown } from '../base/bad-file.js';
import { latin1 } from '../base/bytes.js';
import { EngineError } from '../base/errors.js';
import { maxArrayBytes, type StoredArray } from '../formats/array.js';
import { isIdx, parseIdx } from '../formats/idx.js';
import { isNpy, parseNpy } from '../formats/npy.js';
import { isZip, unzipArrays } from '../formats/npz.js';
import {
  classNamesFile,
  formatOf,
  idxNames,
  npzNames,
  roleOf,
  type FileNames,
  type Role,
} from './file-names.js';
import { withoutFiles, type Listing } from './listing.js';

/** Finds the four arrays of a data set among the files of a directory, and reads them. */

/** Where an array lies. */
export interface Source {
  readonly file: string;
  /** Its name in an archive of several. */
  readonly array?: string;
}

/** The arrays of a data set; without `test` a share of the others is put aside. */
export interface ArraySet {
  readonly train: { readonly images: Source; readonly labels: Source };
  readonly test?: { readonly images: Source; readonly labels: Source };
}

type Found = Source & Role & { readonly format: 'idx' | 'npz' | 'npy' };
const formats = ['idx', 'npz', 'npy'] as const;

/** The files of data sets among those of a directory, in words for people and for commands. */
export function dataFilesOf(files: readonly string[]): readonly string[] {
  return files.filter((file) => {
    const { part, kind } = roleOf(baseName(file));
    const format = formatOf(baseName(file));
    const isArray = format !== undefined && (part !== undefined || isDataFile(file, format));
    return format === 'npz' || (isArray && kind !== undefined);
  });
}

/**
 * Finds a data set by the names of files, or of the arrays inside archives.
 * @returns undefined if no file has such a name
 * @throws EngineError `no-data` if files are missing, or there are several sets; `bad-file`
 */
export async function findArrays(listing: Listing): Promise<ArraySet | undefined> {
  const found = listing.files.flatMap((file): Found[] => {
    const format = formatOf(baseName(file));
    const role = roleOf(baseName(file));
    return format === undefined ? [] : [{ file, format, ...role }];
  });
  const named = found.filter(({ part, kind }) => part !== undefined && kind !== undefined);
  const whole = choose(listing, named);
  if (whole !== undefined) return whole;
  const archives = found.filter(({ format, part, kind }) => format === 'npz' && !(part && kind));
  const inside = await Promise.all(archives.map((archive) => arraysInside(listing, archive)));
  const chosen = choose(listing, inside.flat());
  if (chosen !== undefined) return chosen;
  // Beside the files of a set of two parts, one that is not whole is more likely than a set of one part.
  const unnamed = found.filter(({ file, format, part }) => part === undefined && isDataFile(file, format));
  const onePart = named.length > 0 ? undefined : choose(listing, [...inside.flat(), ...unnamed], onePartOf);
  if (onePart !== undefined) return onePart;
  if (named.length > 0) throw filesMissing(listing, named);
  if (archives.length > 0) throw arraysMissing(listing, inside.flat(), archives[0]!.file);
  return undefined;
}

/** The arrays of an archive, with what its own name adds to theirs. */
async function arraysInside(listing: Listing, { file, part, kind, set }: Found): Promise<Found[]> {
  const path = listing.pathOf(file);
  const bytes = await readArrayFile(listing, file);
  const arrays = isZip(bytes) ? unzipArrays(bytes, path) : new Map<string, Uint8Array>();
  const byShape = kindsByShape(arrays, path);
  return Array.from(arrays.keys(), (array) => {
    const role = { ...roleOf(array), ...byShape?.get(array) };
    const all = { part: role.part ?? part, kind: role.kind ?? kind };
    // `val_images` is no part that is used here.
    return { file, array, format: 'npz', ...all, set: [set, role.set].filter(Boolean).join(' ') };
  });
}

/**
 * Which of two arrays are images and which are labels, where not both names say it: labels have a number for
 * each image. Undefined if it is not clear.
 */
function kindsByShape(
  arrays: ReadonlyMap<string, Uint8Array>,
  path: string,
): ReadonlyMap<string, Pick<Role, 'kind' | 'set'>> | undefined {
  const names = [...arrays.keys()];
  if (names.length !== 2 || new Set(names.map((name) => roleOf(name).kind).filter(Boolean)).size === 2)
    return undefined;
  const shapes = names.map((name) => parseNpy(arrays.get(name)!, `${path} (${name})`).shape);
  const isLabels = (shape: readonly number[]): boolean => shape.filter((side) => side !== 1).length === 1;
  const labels = shapes.findIndex(isLabels);
  const images = shapes.findIndex((shape) => !isLabels(shape));
  if (labels < 0 || images < 0 || shapes[labels]![0] !== shapes[images]![0]) return undefined;
  return new Map([
    [names[images]!, { kind: 'images', set: '' }],
    [names[labels]!, { kind: 'labels', set: '' }],
  ]);
}

/** Whether a file that has no part in its name is one of a data set; any name without a dot may be of IDX. */
function isDataFile(file: string, format: Found['format']): boolean {
  return format === 'npy' || (format === 'idx' && /idx|ubyte/i.test(baseName(file)));
}

/** The one whole set among them; undefined if there is none. */
function choose(
  listing: Listing,
  found: readonly Found[],
  setOf: (found: readonly Found[]) => ArraySet | undefined = wholeSet,
): ArraySet | undefined {
  for (const format of formats) {
    const ofFormat = found.filter((each) => each.format === format);
    const sets = [...new Set(ofFormat.map(({ set }) => set))].flatMap((set) => {
      const whole = setOf(ofFormat.filter((each) => each.set === set));
      return whole === undefined ? [] : [whole];
    });
    if (sets.length > 1) throw severalSets(listing, sets);
    if (sets[0] !== undefined) return sets[0];
  }
  return undefined;
}

function wholeSet(found: readonly Found[]): ArraySet | undefined {
  const [train, test] = [partOf(found, 'train'), partOf(found, 'test')];
  return train === undefined || test === undefined ? undefined : { train, test };
}

/** Images with labels that are no test set. */
function onePartOf(found: readonly Found[]): ArraySet | undefined {
  const train = partOf(found, undefined) ?? partOf(found, 'train');
  const isAlone = train !== undefined && !found.some(({ part }) => part === 'test');
  return isAlone ? { train } : undefined;
}

function partOf(found: readonly Found[], part: Role['part']): ArraySet['train'] | undefined {
  const source = (kind: 'images' | 'labels'): Source | undefined =>
    found
      .filter((each) => each.part === part && each.kind === kind)
      .sort((a, b) => rank(a.file) - rank(b.file))[0];
  const [images, labels] = [source('images'), source('labels')];
  return images === undefined || labels === undefined ? undefined : { images, labels };
}

/** A plain file counts before a packed one, and both before one in a folder of its own. */
function rank(file: string): number {
  return (file === baseName(file) ? 0 : 2) + (file.endsWith('.gz') ? 1 : 0);
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

/** Reads a file that is not larger than the largest array with its header. */
function readArrayFile(listing: Listing, file: string): Promise<Uint8Array> {
  return listing.read(file, { remedy: 'use a part of it', largest: maxArrayBytes + 65_536 });
}

/** Reads arrays; an archive of several is unpacked once. */
export function arrayReader(
  listing: Listing,
): (
  source: Source,
) => Promise<{ readonly array: StoredArray; readonly bytes: Uint8Array; readonly file: string }> {
  let last: { readonly file: string; readonly arrays: ReadonlyMap<string, Uint8Array> } | undefined;
  return async (source) => {
    const path = listing.pathOf(source.file);
    const name = source.array === undefined ? path : `${path} (${source.array})`;
    if (last?.file === path) {
      const bytes = last.arrays.get(source.array!)!;
      return { array: parseNpy(bytes, name), bytes, file: name };
    }
    const bytes = await readArrayFile(listing, source.file);
    if (isNpy(bytes)) return { array: parseNpy(bytes, name), bytes, file: name };
    if (!isZip(bytes)) return { array: parseIdx(checkKnown(bytes, path), path), bytes, file: name };
    const arrays = unzipArrays(bytes, path);
    if (source.array !== undefined) last = { file: path, arrays };
    const content = arrays.get(source.array ?? onlyArray([...arrays.keys()], path))!;
    return { array: parseNpy(content, name), bytes, file: name };
  };
}

/** A file with the name of numpy's that is none of the formats is told so in its own words. */
function checkKnown(bytes: Uint8Array, file: string): Uint8Array {
  if (formatOf(baseName(file)) === 'idx' || isIdx(bytes)) return bytes;
  throw badFile(file, 'this is not an .npz file', {
    found: bytes.length === 0 ? 'an empty file' : shown(latin1(bytes.subarray(0, 8))),
    expected: 'a zip file of .npy files, or a .npy file',
  });
}

/** The array of an archive of one, or the only one of which the name says what the file's does. */
function onlyArray(names: readonly string[], file: string): string {
  const { kind } = roleOf(baseName(file));
  const alike = names.filter((name) => roleOf(name).kind === kind);
  const only = names.length === 1 ? names[0] : alike.length === 1 ? alike[0] : undefined;
  if (only !== undefined) return only;
  throw badFile(file, 'it holds several arrays, and not which of them is meant', {
    found: names.join(', '),
    expected: 'one array, or one that is called images or labels as the file is',
    remedy: 'save that array alone: numpy.savez(FILE, array)',
  });
}

function severalSets(listing: Listing, sets: readonly ArraySet[]): EngineError {
  const first = sets.map(({ train }) => train.images.file);
  const start = /^(.*?)[-_. ]?(train|x)/i.exec(baseName(first[0]!))?.[1] ?? '';
  const prefix = listing.pathOf(start === '' ? first[0]! : start);
  return new EngineError('no-data', `${listing.title}: there are ${sets.length} data sets in it`, {
    found: first.slice(0, 8).join(', '),
    expected: 'one data set',
    remedy:
      listing.directory === undefined
        ? 'give the files of one of them'
        : `name one by the start of its files' names: --data ${prefix}`,
  });
}

/** Which files the set lacks of which most are there, by the names of their format. */
function filesMissing(listing: Listing, named: readonly Found[]): EngineError {
  const format = formats.find((each) => named.some((file) => file.format === each))!;
  const set = named.find((each) => each.format === format)!.set;
  const ofSet = named.filter((each) => each.format === format && each.set === set);
  const missing = (['train', 'test'] as const).flatMap((part) =>
    (['images', 'labels'] as const)
      .filter((kind) => !ofSet.some((each) => each.part === part && each.kind === kind))
      .map((kind) => usualName(format, set, part, kind)),
  );
  return new EngineError('no-data', `${listing.title}: missing ${missing.join(', ')}`, {
    found: listing.names,
    expected: layouts,
    remedy: withoutFiles(listing),
  });
}

function usualName(
  format: 'idx' | 'npz' | 'npy',
  set: string,
  part: 'train' | 'test',
  kind: 'images' | 'labels',
): string {
  const prefix = set === '' ? '' : `${set.replaceAll(' ', '-')}-`;
  if (format === 'idx') return prefix + idxNames[part][kind];
  return `${prefix}${part}-${kind === 'images' ? 'imgs' : 'labels'}.${format}`;
}

function arraysMissing({ title, names }: Listing, found: readonly Found[], file: string): EngineError {
  return new EngineError('no-data', `${title}: ${file} is not a whole data set`, {
    found: `the arrays ${
      found
        .map(({ array }) => array)
        .slice(0, 12)
        .join(', ') || 'of no archive'
    } (${names})`,
    expected: 'the arrays x_train, y_train, x_test and y_test in one file, or x and y, or a file for each',
    remedy: 'save them by these names with numpy.savez_compressed, or name another file or directory',
  });
}

/** The forms that are looked for, for messages. */
export const layouts =
  `${allNames(idxNames).join(', ')} (each plain or .gz), or ${allNames(npzNames).join(', ')} ` +
  '(or PREFIX-train-imgs and so on, as .npz or .npy), ' +
  'or one .npz of x_train, y_train, x_test, y_test, or of x, y; ' +
  'or pictures: train/CLASS/*.png and test/CLASS/*.png, CLASS/*.png, or a CSV with the columns file,label; ' +
  `and ${classNamesFile}, which names the classes of arrays, where there is one`;

function allNames(names: FileNames): readonly string[] {
  return [names.train.images, names.train.labels, names.test.images, names.test.labels];
}
