/** Finds out which peers can be measured here: installs their packages, looks for a Python with PyTorch. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finite, record, requireJson, text } from '../../base/schema.js';
import { peers, programOf, stepRequest, type Contender, type Failed, type PackageSet } from './contenders.js';

/** A contender that can be started. */
export interface Ready {
  readonly contender: Contender;
  readonly command: string;
  /** Where its packages are. */
  readonly packages?: string;
}

type Found = Omit<Ready, 'contender'> | Omit<Failed, 'contender'>;

export interface PrepareOptions {
  /** A directory for downloads; packages go below its `peers/`. */
  readonly cache: string;
  readonly run: RunCommand;
  /** The Python to take PyTorch from; undefined: the fastest that is found. */
  readonly python: string | undefined;
  readonly onNotice: (text: string) => void;
}

/** Prepares each peer, and what several need once; what cannot be installed is skipped with the reason. */
export async function preparePeers(
  contenders: readonly Contender[],
  options: PrepareOptions,
): Promise<(Ready | Failed)[]> {
  const known = new Map<Contender['needs'], Found>();
  const prepared: (Ready | Failed)[] = [];
  for (const contender of contenders) {
    const found = known.get(contender.needs) ?? (await find(contender.needs, options));
    known.set(contender.needs, found);
    prepared.push({ contender, ...found });
  }
  return prepared;
}

async function find(needs: Contender['needs'], options: PrepareOptions): Promise<Found> {
  if (needs === null) return { command: process.execPath };
  return needs === 'PyTorch' ? findPython(options) : installPackages(needs, options);
}

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
  const installed = { command: process.execPath, packages: path };
  if (existsSync(path)) return installed;
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
    return installed;
  } catch (error) {
    // Another run may have been faster.
    if (existsSync(path)) return installed;
    return { skipped: `${name} could not be installed into ${path}: ${(error as Error).message}` };
  } finally {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** The interpreter of the path may be another than the system's, which is where packages of the system go. */
const pythons = ['python3', '/usr/bin/python3', 'python'];

const pythonLimitMs = 60_000;

/** Steps that tell which of several PyTorch is the fastest. */
const probeSteps = 50;

/** The fastest of the Pythons that have PyTorch, by some steps of the contender's own on one thread. */
async function findPython({ run, python }: PrepareOptions): Promise<Found> {
  const [first] = peers(1).filter(({ needs }) => needs === 'PyTorch');
  const program = programOf(first!);
  const request = JSON.stringify(stepRequest(128, 1, {}));
  const tried: string[] = [];
  const found = new Map<string, { readonly command: string; readonly ms: number }>();
  for (const command of python === undefined ? pythons : [python]) {
    const options = { limitMs: pythonLimitMs, env: first!.env ?? {} };
    const { code, stdout, stderr } = await run(command, [program, request, String(probeSteps)], options);
    const told = code === 0 ? parseProbe(stdout) : null;
    if (told === null) tried.push(`${command}: ${reason(stderr)}`);
    else if (!found.has(told.python)) found.set(told.python, { command, ms: told.ms });
  }
  const [fastest] = [...found.values()].sort((a, b) => a.ms - b.ms);
  if (fastest !== undefined) return { command: fastest.command };
  return { skipped: `no Python with PyTorch: ${tried.join('; ')}` };
}

const probeSchema = {
  ready: record({ ready: record({ python: text() }) }),
  answer: record({ ms: finite('a number from 0', (ms) => ms >= 0) }),
};

/** What the program says of itself and of its steps: two lines. */
function parseProbe(stdout: string): { readonly python: string; readonly ms: number } | null {
  const about = { file: 'pytorch.py', remedy: '' };
  try {
    const [ready, answer] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const { python } = requireJson(probeSchema.ready, ready, about).ready;
    return { python, ms: requireJson(probeSchema.answer, answer, about).ms };
  } catch {
    return null;
  }
}

/** `code` is null if the command could not be started, was stopped by a signal or took too long. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Why it failed, in its own words. */
  readonly stderr: string;
}

/** Runs a command to its end; tests put another in its place. Never throws. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    /** Variables of its environment, beside those that are there. */
    readonly env?: Readonly<Record<string, string>>;
    readonly limitMs: number;
  },
) => Promise<CommandResult>;

export const runCommand: RunCommand = (command, args, { cwd, env, limitMs }) =>
  new Promise((resolve) => {
    // npm is a batch file there.
    const shell = process.platform === 'win32' && command === 'npm';
    const environment = { ...process.env, ...env };
    const options = { cwd, shell, env: environment, timeout: limitMs, maxBuffer: Infinity };
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      const { exitCode, signalCode } = child;
      if (signalCode !== null) resolve({ code: null, stdout, stderr: `${stderr}\nended by ${signalCode}` });
      else if (exitCode !== null && exitCode >= 0) resolve({ code: exitCode, stdout, stderr });
      else resolve({ code: null, stdout, stderr: error?.message ?? '' });
    });
  });

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
  const named = lines.findLast((line) => /^\w*Error\b.*:/.test(line));
  const fromNpm = lines.find((line) => /^npm error (?!code )/.test(line))?.slice('npm error '.length);
  return named ?? fromNpm ?? lines.at(-1) ?? 'it said nothing';
}
