/** The picture files that the words of a command line name. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unreadable } from '../../base/bad-file.js';
import { EngineError } from '../../base/errors.js';
import { isPictureName, pictureEndings } from '../../pictures/names.js';

/**
 * A word is a file, a folder (its pictures, without those in folders inside it), or a pattern with `*` and
 * `?` in its last part, for shells that do not know patterns. Names are sorted; hidden files are left out.
 * @throws EngineError `no-data` if a folder or a pattern has no pictures
 */
export function pictureFiles(words: readonly string[]): string[] {
  return words.flatMap((word) => {
    const isFolder = statSync(word, { throwIfNoEntry: false })?.isDirectory() === true;
    const isThere = statSync(word, { throwIfNoEntry: false }) !== undefined;
    if (isThere && !isFolder) return [word];
    const isPattern = !isThere && /[*?]/.test(basename(word));
    if (!isFolder && !isPattern) return [word];
    const folder = isFolder ? word : dirname(word);
    const fits = isFolder ? (): boolean => true : pattern(basename(word));
    const found = list(folder)
      .filter((name) => !name.startsWith('.') && isPictureName(name) && fits(name))
      .sort();
    if (found.length === 0)
      throw new EngineError('no-data', `there are no pictures in ${word}`, {
        found: `no name that ${isFolder ? 'ends in' : 'fits and ends in'} ${pictureEndings.join(', ')}`,
        expected: 'pictures of one character each',
        remedy: 'name the files themselves, whatever they are called',
      });
    return found.map((name) => (folder === '.' && !isFolder ? name : join(folder, name)));
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

/** Node has no patterns of file names before version 22. */
function pattern(text: string): (name: string) => boolean {
  const parts = Array.from(text, (each) =>
    each === '*' ? '.*' : each === '?' ? '.' : each.replace(/[\\^$.|+()[\]{}]/, '\\$&'),
  );
  const whole = new RegExp(`^${parts.join('')}$`, 's');
  return (name) => whole.test(name);
}
