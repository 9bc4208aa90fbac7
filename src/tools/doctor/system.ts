/** Node, the system and this checkout. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { about, type Check } from './check.js';
import type { World } from './world.js';

interface PackageFile {
  readonly version: string;
  readonly engines: { readonly node: string };
}

function packageFile({ project }: World): PackageFile {
  return JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as PackageFile;
}

/** The version of Node, against `engines` in package.json. */
export function checkNode(world: World): Check {
  const { node: range } = packageFile(world).engines;
  const { nodeVersion } = world;
  const node = about('Node', { version: nodeVersion, supported: range });
  if (isInRange(nodeVersion, range)) return node.ok(`${nodeVersion}, of ${range}`);
  return node.wrong(
    `${nodeVersion}, which is not one of ${range}`,
    'install one of these, from https://nodejs.org or a version manager',
  );
}

/**
 * Whether a version lies in a range of the form `^a.b.c || ^d.e.f || >=g.h.i`: the part of npm's ranges that
 * `engines` uses. Anything else in the range is no match.
 */
export function isInRange(version: string, range: string): boolean {
  const numbers = (text: string): number[] => text.split('-')[0]!.split('.').map(Number);
  const given = numbers(version);
  return range.split('||').some((part) => {
    const match = /^\s*(\^|>=)(\d+\.\d+\.\d+)\s*$/.exec(part);
    if (match === null) return false;
    const least = numbers(match[2]!);
    const different = given.findIndex((number, i) => number !== least[i]);
    const isNewer = different < 0 || given[different]! > least[different]!;
    return isNewer && (match[1] === '>=' || given[0] === least[0]);
  });
}

/** Platform, distribution and C library: webgpu's Linux build needs glibc. */
export function checkSystem(world: World): Check {
  const { platform, arch, glibc } = world;
  const system = platform === 'linux' ? distribution(world) : undefined;
  const check = about('system', { platform, arch, system: system ?? null, glibc: glibc ?? null });
  const named = [`${platform}-${arch}`, system].filter((each) => each !== undefined).join(', ');
  if (platform !== 'linux') return check.ok(named);
  if (glibc !== undefined) return check.ok(`${named}, glibc ${glibc}`);
  return check.wrong(
    `${named}, and its C library is not glibc (musl, as on Alpine)`,
    'use a system or a container image with glibc, such as Debian or Ubuntu',
  );
}

function distribution({ root }: World): string | undefined {
  try {
    const text = readFileSync(`${root}/etc/os-release`, 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether packages and build are this checkout's, as scripts/setup.sh judges it; and its commit. */
export async function checkBuild(world: World): Promise<Check> {
  const { version } = packageFile(world);
  const commit = await commitOf(world);
  const named = [version, commit === undefined ? 'no git checkout' : `commit ${commit}`].join(', ');
  const script = join(world.project, 'scripts', 'lib', 'what-is-missing.js');
  const facts = { version, commit: commit ?? null };
  // An installed package has neither sources nor a lock file: there is nothing to be out of date.
  const isCheckout = existsSync(join(world.project, 'src')) && existsSync(script);
  if (!isCheckout) return about('wgsl-train', facts).ok(`${named}, an installed package`);
  const answer = await world.ask(process.execPath, [script]);
  const missing = answer?.trim() ?? 'scripts/lib/what-is-missing.js failed';
  const check = about('wgsl-train', { ...facts, missing: missing === '' ? null : missing });
  if (missing === '') return check.ok(`${named}, built`);
  return check.warning(
    [named, missing.replace(/^packages: |^build: /, '')],
    missing.startsWith('build:') ? 'npm run build' : './scripts/setup.sh',
  );
}

/** `abc1234`, with a remark where files differ from it; undefined outside of a checkout of this project. */
async function commitOf({ project, ask }: World): Promise<string | undefined> {
  const answer = await ask('git', ['-C', project, 'rev-parse', '--show-toplevel', '--short', 'HEAD']);
  const [top, commit] = answer?.trim().split('\n') ?? [];
  // A package inside of another project's checkout is not at that project's commit.
  if (top === undefined || commit === undefined || resolve(top) !== resolve(project)) return undefined;
  const changes = await ask('git', ['-C', project, 'status', '--porcelain']);
  return changes?.trim() === '' ? commit : `${commit} with uncommitted changes`;
}
