import { badFile } from '../base/bad-file.js';

/** More rows than images that fit into memory. */
const maxRows = 2_000_000;

/**
 * Reads a table of text (RFC 4180): fields with commas, semicolons or tabs between them, whichever the first
 * line has most of; quoted where they hold such marks. Lines may end as on any system; empty ones are left
 * out, and so is a byte order mark.
 * @param file the name for messages
 * @throws EngineError `bad-file` for a quote that is not closed, text after one, or too many rows
 */
export function parseCsv(text: string, file: string): readonly (readonly string[])[] {
  const body = text.replace(/^\ufeff/, '');
  const head = /^[^\r\n]*/.exec(body)![0];
  const count = (mark: string): number => head.split(mark).length;
  const mark = [',', ';', '\t'].reduce((a, b) => (count(b) > count(a) ? b : a));
  const field = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^"\\r\\n${mark}][^\\r\\n${mark}]*)?)(${mark}|\\r\\n|\\n|\\r|$)`,
    'y',
  );
  const rows: string[][] = [];
  let row: string[] = [];
  while (field.lastIndex < body.length) {
    const start = field.lastIndex;
    const match = field.exec(body);
    if (match === null || rows.length > maxRows)
      throw badFile(file, match === null ? 'this is not a table of text' : 'it has too many rows', {
        found:
          match === null ? `line ${body.slice(0, start).split(/\r\n|\n|\r/).length}` : `over ${maxRows} rows`,
        expected: match === null ? 'fields that are quoted as a whole or not at all' : `at most ${maxRows}`,
        remedy: 'save it as CSV (UTF-8) with the columns file,label',
      });
    row.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
    if (match[3] === mark && field.lastIndex < body.length) continue;
    if (match[3] === mark) row.push('');
    if (row.some((each) => each !== '')) rows.push(row);
    row = [];
  }
  return rows;
}
