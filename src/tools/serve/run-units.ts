/** Units of a run, which other processes train, maybe elsewhere. Only reads. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runFiles, runningProcess, unitFiles, type MetricsRow } from '../../runs/index.js';
import { followMetrics, lastRow, type MetricsFollower } from './metrics-file.js';
import { entryAt, isFile } from './open-in-place.js';

/** Folders of units, by their numbers; what a merge trains is one, too. */
function unitNames(directory: string): string[] {
  try {
    return readdirSync(join(directory, runFiles.units), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && /^(\d+|merge)-of-\d+$/.test(entry.name))
      .map(({ name }) => name)
      .sort((a, b) => parseInt(a) - parseInt(b));
  } catch {
    return [];
  }
}

/** Owners and results of the units of a whole series lie beside its experiments. */
function placesOf(directory: string, name: string): string[] {
  return [directory, dirname(directory)].map((each) => join(each, runFiles.units, name));
}

/** How many units of a run are done, and whether a process trains one. */
export function standOfUnits(directory: string): { readonly done: number; readonly isAlive: boolean } {
  let [done, isAlive] = [0, false];
  for (const name of unitNames(directory)) {
    const places = placesOf(directory, name);
    if (places.some((place) => isFile(join(place, unitFiles.result)))) done++;
    else
      isAlive ||= places.some(
        (place) => isFile(join(place, runFiles.running)) && runningProcess(place) !== null,
      );
  }
  return { done, isAlive };
}

/** The last line of the metrics that were written last; null if there are none. */
export function lastRowOfUnits(directory: string): MetricsRow | null {
  const files = unitNames(directory).map((name) =>
    join(directory, runFiles.units, name, runFiles.metricsJsonl),
  );
  let [newest, time] = ['', -Infinity];
  for (const file of files) {
    const written = entryAt(file)?.mtimeMs ?? -Infinity;
    if (written > time) [newest, time] = [file, written];
  }
  return newest === '' ? null : lastRow(newest);
}

/** Follows the metrics of a run: its own and, until units are merged, those of its units. */
export function followRun(directory: string): MetricsFollower {
  const own = followMetrics(join(directory, runFiles.metricsJsonl));
  const units = new Map<string, MetricsFollower>();
  const finished = new Set<string>();
  return {
    read: () => {
      let isLonger = own.read();
      for (const name of unitNames(directory)) {
        if (finished.has(name)) continue;
        const folder = join(directory, runFiles.units, name);
        const isDone = isFile(join(folder, unitFiles.result));
        const follower = units.get(name) ?? followMetrics(join(folder, runFiles.metricsJsonl));
        units.set(name, follower);
        if (follower.read()) isLonger = true;
        if (isDone) finished.add(name);
      }
      return isLonger;
    },
    metrics: () => {
      const merged = own.metrics();
      if (merged.rows.length > 0 || units.size === 0) return merged;
      const all = Array.from(units.values(), (unit) => unit.metrics());
      return {
        rows: all.flatMap(({ rows }) => rows),
        unreadable: all.reduce((sum, { unreadable }) => sum + unreadable, 0),
        cut: all.some(({ cut }) => cut),
      };
    },
  };
}
