/** Follows the metrics.jsonl of a run as it grows. Only reads. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import { parseMetricsRow, type MetricsRow } from '../../runs/index.js';
import { openInPlace } from './open-in-place.js';

/** What was read so far. */
export interface FollowedMetrics {
  readonly rows: readonly MetricsRow[];
  /** Lines that are no metrics, and were left out. */
  readonly unreadable: number;
  /** Whether the file is longer than what is read of it. */
  readonly cut: boolean;
}

/** A file that is read further each time it is asked for. */
export interface MetricsFollower {
  /** Reads what has come since, as far as whole lines go. @returns whether there is anything new */
  read(): boolean;
  metrics(): FollowedMetrics;
}

/** More than this is not read: curves of 100,000 epochs show no more than those of 1,000. */
const largestFile = 2 ** 25;
const chunkBytes = 2 ** 20;
const lineFeed = 10;

/** @param path of the file; it may come later, grow, be replaced and go away */
export function followMetrics(path: string): MetricsFollower {
  const nothing = () => {
    return { rows: [] as MetricsRow[], unreadable: 0, cut: false, offset: 0, rest: Buffer.alloc(0) };
  };
  let seen = nothing();
  let inode: number | null = null;
  const take = (chunk: Buffer): void => {
    const bytes = Buffer.concat([seen.rest, chunk]);
    const end = bytes.lastIndexOf(lineFeed) + 1;
    seen.rest = bytes.subarray(end);
    for (const line of bytes.toString('utf8', 0, end).split('\n')) {
      if (line === '') continue;
      const row = parseMetricsRow(line);
      if (row === null) seen.unreadable++;
      else seen.rows.push(row);
    }
  };
  return {
    read: () => {
      const file = openInPlace(path);
      if (file === null) return false;
      try {
        const { size, ino } = fstatSync(file);
        // Another run took its place: --overwrite.
        const isOther = ino !== inode || size < seen.offset;
        if (isOther) seen = nothing();
        inode = ino;
        const before = seen.offset;
        const chunk = Buffer.alloc(chunkBytes);
        while (seen.offset < Math.min(size, largestFile)) {
          const count = readSync(file, chunk, 0, chunkBytes, seen.offset);
          if (count === 0) break;
          seen.offset += count;
          take(chunk.subarray(0, count));
        }
        seen.cut = size > largestFile;
        return isOther || seen.offset > before;
      } finally {
        closeSync(file);
      }
    },
    metrics: () => ({ rows: seen.rows, unreadable: seen.unreadable, cut: seen.cut }),
  };
}

const tailBytes = 2 ** 14;

/** The last whole line of a run's metrics; null if there is none. */
export function lastRow(path: string): MetricsRow | null {
  const file = openInPlace(path);
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, tailBytes));
    const count = readSync(file, tail, 0, tail.length, size - tail.length);
    const lines = tail.toString('utf8', 0, count).split('\n');
    return parseMetricsRow(lines.at(-2) ?? '');
  } finally {
    closeSync(file);
  }
}
