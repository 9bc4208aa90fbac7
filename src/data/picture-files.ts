import { excerpt } from '../base/bad-file.js';
import { parseCsv } from '../formats/csv.js';
import { isPictureName } from '../pictures/names.js';
import { roleOf } from './file-names.js';
import { isIgnored, type Listing } from './listing.js';

/** Finds the pictures of a data set: a folder for each class, or a CSV that names files and labels. */

/** A picture and its class. */
export interface LabelledPicture {
  readonly file: string;
  readonly className: string;
  readonly part: 'train' | 'test';
}

export interface PictureFiles {
  readonly pictures: readonly LabelledPicture[];
  /** Whether there is a test part; otherwise all are of the training part, and some are to be put aside. */
  readonly hasTest: boolean;
  /** Sentences on what was passed over. */
  readonly notices: readonly string[];
}

/**
 * Finds pictures with their classes. A CSV counts before folders.
 * @returns undefined if there are none in a form that is known
 * @throws EngineError `bad-file` for a CSV that cannot be read, `no-data` for a folder that cannot
 */
export async function findPictures(listing: Listing): Promise<PictureFiles | undefined> {
  return (await fromTables(listing)) ?? (await fromFolders(listing));
}

async function fromFolders({ folders, filesBelow }: Listing): Promise<PictureFiles | undefined> {
  const part = (...names: readonly string[]): string | undefined =>
    folders.find((folder) => names.includes(folder.toLowerCase()));
  const train = part('train', 'training');
  const validation = part('val', 'valid', 'validation');
  const test = part('test', 'testing') ?? validation;
  let others = 0;
  const classesIn = async (place: string, of: 'train' | 'test'): Promise<LabelledPicture[]> => {
    const found: LabelledPicture[] = [];
    for (const file of await filesBelow(place)) {
      const className = file.split('/')[0]!;
      if (className === file || !isPictureName(file)) others++;
      else found.push({ file: place === '' ? file : `${place}/${file}`, className, part: of });
    }
    return found;
  };
  const isSplit = train !== undefined;
  const pictures = await classesIn(train ?? '', 'train');
  const tests = isSplit && test !== undefined ? await classesIn(test, 'test') : [];
  if (pictures.length === 0) return undefined;
  const notices: string[] = [];
  if (isSplit && test !== undefined && test === validation)
    notices.push(`there is no folder test: ${validation} is the test set`);
  else if (isSplit && validation !== undefined) notices.push(`the folder ${validation} is left out`);
  if (others > 0)
    notices.push(`${others} files that are no pictures in the folder of a class were passed over`);
  return { pictures: [...pictures, ...tests], hasTest: tests.length > 0, notices };
}

const columnNames = {
  file: /^(files?|path|image|img|picture|id|name|(file|image)[-_ ]?(name|path|file|id))$/i,
  label: /^(label|labels|class|class[-_ ]?name|class[-_ ]?id|category|target|y)$/i,
};

/** A larger table would name more pictures than are read. */
const largestTable = 2 ** 27;

async function fromTables(listing: Listing): Promise<PictureFiles | undefined> {
  const tables = listing.files.filter((file) => /\.(csv|tsv)$/i.test(file) && !isIgnored(file));
  if (tables.length === 0) return undefined;
  const files = (await listing.filesBelow('')).filter(isPictureName);
  const find = finder(files);
  const pictures: LabelledPicture[] = [];
  const missing: string[] = [];
  for (const table of tables) {
    const rows = await readTable(listing, table, find);
    for (const [name, label] of rows) {
      const file = find(name);
      const part = roleOf(table.replace(/\.[ct]sv$/i, '')).part === 'test' ? 'test' : 'train';
      if (file === undefined || label === '') missing.push(name);
      else pictures.push({ file, className: label, part });
    }
  }
  if (pictures.length === 0) return undefined;
  const unlisted = files.length - new Set(pictures.map(({ file }) => file)).size;
  const hasTest =
    pictures.some(({ part }) => part === 'test') && pictures.some(({ part }) => part === 'train');
  return {
    pictures: hasTest ? pictures : pictures.map((each) => ({ ...each, part: 'train' })),
    hasTest,
    notices: [
      ...(missing.length === 0
        ? []
        : [`${missing.length} rows name no picture with a label (${excerpt(missing[0]!)})`]),
      ...(unlisted === 0 ? [] : [`${unlisted} pictures that no row names were passed over`]),
    ],
  };
}

/** File and label of each row; none for a table that has no such columns. */
async function readTable(
  listing: Listing,
  table: string,
  find: (name: string) => string | undefined,
): Promise<readonly (readonly [file: string, label: string])[]> {
  const bytes = await listing.read(table, { remedy: 'use a part of it', largest: largestTable });
  const rows = parseCsv(new TextDecoder().decode(bytes), listing.pathOf(table));
  const head = rows[0] ?? [];
  const isHead = (form: RegExp): number => head.findIndex((name) => form.test(name));
  const [file, label] = [isHead(columnNames.file), isHead(columnNames.label)];
  if (file >= 0 && label >= 0) return rows.slice(1).map((row) => [row[file] ?? '', row[label] ?? '']);
  // Without a head, the first column names files.
  if (head.length === 2 && find(head[0]!) !== undefined) return rows.map((row) => [row[0]!, row[1] ?? '']);
  return [];
}

/** Finds files by their path, or by the end of it where one file alone has it; the ending may be left out. */
function finder(files: readonly string[]): (name: string) => string | undefined {
  const places = new Map<string, string | null>();
  const add = (key: string, file: string): void => {
    places.set(key, places.has(key) && places.get(key) !== file ? null : file);
  };
  for (const file of files) {
    const base = file.slice(file.lastIndexOf('/') + 1);
    for (const key of new Set([base, base.replace(/\.[^.]+$/, ''), file.replace(/\.[^.]+$/, '')]))
      add(key, file);
  }
  for (const file of files) places.set(file, file);
  return (name) => {
    const path = name.replaceAll('\\', '/').replace(/^\.\//, '');
    return places.get(path) ?? places.get(path.slice(path.lastIndexOf('/') + 1)) ?? undefined;
  };
}
