/** `--resume`: which run goes on, and whether it may. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { shown } from '../../base/bad-file.js';
import { EngineError } from '../../base/errors.js';
import { isAlive, latestName, runDirectoryOf, runFiles } from '../../runs/index.js';
import { withOptionsOf } from '../config-file.js';

const flag = '--resume';

/**
 * The command line with the options of the run that `--resume` names put before it, and the run by its directory. Without a name it is the
 * newest run.
 * @throws EngineError `no-data` if there is no such run, `bad-file` if its config.json is damaged
 */
export function withResumedRun(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  if (at < 0) return argv;
  const isJoined = argv[at] !== flag;
  const next = argv[at + 1];
  const isNamed = isJoined || (next !== undefined && !next.startsWith('-'));
  const name = isJoined ? argv[at]!.slice(flag.length + 1) : isNamed ? next! : latestName;
  // A missing value is told with the other mistakes of a command line, and so is a second run.
  if (name === '') return argv;
  const rest = [...argv.slice(0, at), ...argv.slice(at + (isNamed && !isJoined ? 2 : 1))];
  // Help needs no run, and mistakes of the command line are told before those about a run.
  const others = ['--help', '--version', '--list', '--out', '--overwrite', '--config', flag];
  if (rest.some((word) => others.includes(word.replace(/=.*/s, '')))) return [...rest, `${flag}=${name}`];
  const directory = directoryOf(name);
  return [...withOptionsOf(join(directory, runFiles.config), rest), `${flag}=${directory}`];
}

/** Where `latest` leads to now; later it may be another run. */
function directoryOf(name: string): string {
  const directory = runDirectoryOf(name);
  if (!existsSync(join(directory, runFiles.config)))
    throw new EngineError('no-data', `there is no run in ${directory} that could be continued`, {
      found: `no ${join(directory, runFiles.config)}`,
      expected: 'the directory of a run, or latest',
      remedy: 'name one that node scripts/train.js made, or train without --resume',
    });
  return name === latestName ? realpathSync(directory) : directory;
}

/**
 * Whether a run has its results and its page already.
 * @throws EngineError `usage` if another process is at work on it
 */
export function isFinished(directory: string): boolean {
  const path = join(directory, runFiles.running);
  const { pid, started } = readObject(path) ?? {};
  const began = typeof started === 'string' ? Date.parse(started) : NaN;
  if (typeof pid === 'number' && pid !== process.pid && isAlive(pid, Number.isNaN(began) ? null : began))
    throw new EngineError('usage', `${directory} is being trained by another process`, {
      found: `process ${pid}, since ${shown(started)}`,
      expected: 'a run that nobody is at work on',
      remedy: `wait for it or end it; if process ${pid} is something else, delete ${path}`,
    });
  return [runFiles.summary, runFiles.report].every((name) => existsSync(join(directory, name)));
}

/** Options that may differ: what they lead to is compared by what comes of it, or does not change the bits. */
const notCompared: ReadonlySet<string> = new Set(['data', 'adapter', 'tuning', 'profile']);

/**
 * Refuses to continue a run with another configuration.
 * @param config what config.json would be now
 * @throws EngineError `usage` naming what differs, `bad-file`
 */
export function requireSameConfig(directory: string, config: unknown): void {
  const path = join(directory, runFiles.config);
  if (!existsSync(path)) return;
  const before = readObject(path);
  const found = before && differencesOf(before, config);
  if (found === null)
    throw new EngineError('bad-file', `${path} is damaged`, {
      expected: 'the config.json of a run',
      remedy: 'bring it back from a copy, or train again',
    });
  if (found.length === 0) return;
  const [first, more] = [found.slice(0, 8), found.length - 8];
  throw new EngineError('usage', `${directory} cannot be continued with another configuration`, {
    found: `${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    expected: `what ${path} says`,
    remedy: 'leave these options out, or train anew with --config of that file and the options beside it',
  });
}

/** Null where lists in each other are nested deeper than any config is, and than they can be compared. */
function differencesOf(before: unknown, config: unknown): string[] | null {
  try {
    return differences(compared(before), compared(JSON.parse(JSON.stringify(config))));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function compared(config: unknown): unknown {
  if (!isObject(config)) return config;
  const { options, resolved } = config;
  const left = isObject(options)
    ? Object.fromEntries(Object.entries(options).filter(([option]) => !notCompared.has(option)))
    : options;
  // The words about what differs from the definition of the experiment say nothing more.
  return { options: left, resolved: isObject(resolved) ? { ...resolved, notes: null } : (resolved ?? null) };
}

/** `path: before -> now` of each leaf that differs. */
export function differences(before: unknown, now: unknown, path = ''): string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(now) && before.length === now.length)
    return before.flatMap((each, i) => differences(each, now[i], `${path}[${i}]`));
  const [a, b] = [before, now].map((value) => (value === undefined ? 'nothing' : JSON.stringify(value)));
  return a === b ? [] : [`${path}: ${a} -> ${b}`];
}

function readObject(path: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
