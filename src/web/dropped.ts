/** Files as a browser gives them: chosen, or dropped as files and folders. */
import type { GivenFile } from './protocol.js';

/** More than any data set of pictures that a page should read. */
const mostFiles = 20_000;

const tooMany = `These are more than ${mostFiles.toLocaleString('en')} files: choose a smaller folder, or convert it to IDX with: node scripts/data.js import`;

export function givenFiles(files: FileList | null): GivenFile[] {
  return Array.from(files ?? []).map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** @throws Error for more files than a page should read */
export async function droppedFiles({ items, files }: DataTransfer): Promise<GivenFile[]> {
  // Entries have to be taken before the first wait: the browser forgets them after the event.
  const entries = Array.from(items, (item) => item.webkitGetAsEntry());
  if (entries.every((entry) => entry === null)) return givenFiles(files);
  const found: GivenFile[] = [];
  for (const entry of entries) if (entry !== null) await collect(entry, '', found);
  return found;
}

async function collect(entry: FileSystemEntry, folder: string, found: GivenFile[]): Promise<void> {
  const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
  if (found.length >= mostFiles) throw new Error(tooMany);
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    found.push({ path, file });
  } else if (entry.isDirectory) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives a hundred entries at a time, and none at the end.
    for (;;) {
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) => {
        reader.readEntries(resolve, reject);
      });
      if (part.length === 0) break;
      for (const each of part) await collect(each, path, found);
    }
  }
}
