/** Finds out which peers can be measured here: installs their packages, looks for a Python with PyTorch. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contender, PackageSet } from './contenders.js';
import type { RunCommand } from './run-command.js';

/** A contender with the command that starts it, or the reason why there is none. */
export type Prepared =
  | {
      readonly contender: Contender;
      readonly command: string;
      /** Where its packages are. */
      readonly packages?: string;
    }
  | { readonly contender: Contender; readonly skipped: string };

export interface PrepareOptions {
  /** A directory for downloads; packages go below its `peers/`. */
  readonly cache: string;
  readonly run: RunCommand;
  readonly onNotice: (text: string) => void;
}

/** Prepares each peer; one that cannot be installed is skipped with the reason. */
export async function preparePeers(
  contenders: readonly Contender[],
  options: PrepareOptions,
): Promise<Prepared[]> {
  const sets = new Map<PackageSet, Promise<Found>>();
  let python: Promise<Found> | undefined;
  const prepared: Prepared[] = [];
  for (const contender of contenders) {
    const { packages, runtime } = contender;
    if (runtime === 'python') {
      python ??= findPython(options.run);
      const found = await python;
      prepared.push({ contender, ...('skipped' in found ? found : { command: found.path }) });
    } else if (packages !== null) {
      const installed = sets.get(packages) ?? installPackages(packages, options);
      sets.set(packages, installed);
      const found = await installed;
      prepared.push({
        contender,
        ...('skipped' in found ? found : { command: process.execPath, packages: found.path }),
      });
    } else prepared.push({ contender, command: process.execPath });
  }
  return prepared;
}

type Found = { readonly path: string } | { readonly skipped: string };

const installLimitMs = 300_000;

/**
 * Installs packages with npm, once: into a directory of its own, which gets its name only when it is
 * complete. Nothing of a package is run while it is installed.
 */
async function installPackages(
  { name, packages }: PackageSet,
  { cache, run, onNotice }: PrepareOptions,
): Promise<Found> {
  const parent = join(cache, 'peers');
  const path = join(parent, name);
  if (existsSync(path)) return { path };
  onNotice(`installing ${name} with npm into ${path}; this happens once`);
  let directory: string | undefined;
  try {
    mkdirSync(parent, { recursive: true });
    directory = mkdtempSync(join(parent, '.installing-'));
    const manifest = { private: true, description: `${name}, to compare with`, dependencies: packages };
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest, null, 2));
    const quick = ['--fetch-retries=1', '--fetch-timeout=30000'];
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    const { code, stderr } = await run('npm', ['install', '--ignore-scripts', ...quick, ...quiet], {
      cwd: directory,
      limitMs: installLimitMs,
    });
    if (code !== 0) return { skipped: `npm could not install ${name}: ${reason(stderr)}` };
    renameSync(directory, path);
    return { path };
  } catch (error) {
    // Another run may have been faster.
    if (existsSync(path)) return { path };
    return { skipped: `${name} could not be installed into ${path}: ${(error as Error).message}` };
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** The interpreter of the path may be another than the system's, which is where packages of the system go. */
const pythons = ['python3', '/usr/bin/python3', 'python'];

const pythonLimitMs = 60_000;

async function findPython(run: RunCommand): Promise<Found> {
  const tried: string[] = [];
  for (const path of pythons) {
    const { code, stderr } = await run(path, ['-c', 'import torch'], { limitMs: pythonLimitMs });
    if (code === 0) return { path };
    tried.push(`${path}: ${reason(stderr)}`);
  }
  return { skipped: `no Python with PyTorch: ${tried.join('; ')}` };
}

/**
 * The line of a program's last words that says most: the last one that begins with the name of an error, else
 * npm's first after its code, else the last one.
 * @param text what it wrote to stderr
 */
export function reason(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('Warning:'));
  const fromNpm = lines
    .filter((line) => line.startsWith('npm error '))
    .map((line) => line.slice('npm error '.length))
    .filter((line) => !line.startsWith('code '));
  const named = lines.findLast((line) => /^\w*Error\b.*:/.test(line));
  return named ?? fromNpm[0] ?? lines.at(-1) ?? 'it said nothing';
}
