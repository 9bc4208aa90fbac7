/** Linux: the Vulkan loader and the drivers that it finds, without which Dawn sees no adapter. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { reasonOf } from '../../base/bad-file.js';
import { about, type Check } from './check.js';
import type { World } from './world.js';

/** What is wrong with Vulkan is only a warning where there is an adapter nevertheless. */
type Severity = 'warning' | 'wrong';

/** How to get a driver is what scripts/setup.sh knows. */
export const installRemedy =
  './scripts/setup.sh installs a software driver on Debian and Ubuntu, and says elsewhere what to install ' +
  '(with WGSL_TRAIN_NO_INSTALL=1 it only says it); with a GPU, install the Vulkan driver of its maker';

function libraryDirectories({ env, arch, root }: World): string[] {
  const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[arch];
  const named = triplet === undefined ? [] : [`/usr/lib/${triplet}`, `/lib/${triplet}`];
  const usual = ['/usr/local/lib', ...named, '/usr/lib64', '/lib64', '/usr/lib', '/lib'];
  return [...pathList(env.LD_LIBRARY_PATH), ...usual.map((each) => root + each)];
}

/** The paths in a variable, which has a colon between each two. */
function pathList(value: string | undefined): string[] {
  return (value ?? '').split(':').filter((each) => each !== '');
}

export function checkLoader(world: World, severity: Severity): Check {
  const found = libraryDirectories(world)
    .map((directory) => join(directory, 'libvulkan.so.1'))
    .find((path) => existsSync(path));
  // The name behind the link carries the version: libvulkan.so.1.4.309.
  const version =
    found === undefined ? null : (/\.so\.(\d+\.\d+\.\d+)$/.exec(realpathSync(found))?.[1] ?? null);
  const vulkan = about('Vulkan', { path: found ?? null, version });
  if (found !== undefined) return vulkan.ok(`${found}${version === null ? '' : `, version ${version}`}`);
  return vulkan[severity](
    'no loader: libvulkan.so.1 is in none of the usual directories',
    severity === 'wrong' ? installRemedy : undefined,
  );
}

/** A driver manifest (ICD file), as far as it can be read. */
interface Manifest {
  readonly path: string;
  /** The Vulkan version that the driver implements. */
  readonly apiVersion: string | null;
  readonly library: string | null;
  readonly fault: string | null;
}

const overrides = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;

/** The manifests in the loader's order (LoaderDriverInterface.md); an override leaves all others out. */
export function findManifests(world: World): { manifests: Manifest[]; override: string | null } {
  const { env } = world;
  const override = overrides.find((name) => (env[name] ?? '') !== '') ?? null;
  const named = pathList(env[override ?? 'VK_ADD_DRIVER_FILES']);
  const paths = named.flatMap((path) => {
    const inside = manifestsIn(path);
    return inside.length > 0 ? inside : [path];
  });
  if (override === null) paths.push(...manifestDirectories(world).flatMap(manifestsIn));
  return { manifests: [...new Set(paths)].map((path) => readManifest(path, world)), override };
}

function manifestDirectories({ env, home, root }: World): string[] {
  const list = (value: string | undefined, standard: string): string[] =>
    (value === undefined || value === '' ? standard : value)
      .split(':')
      .map((each) => (isAbsolute(each) && value === undefined ? root + each : each));
  const bases = [
    env.XDG_CONFIG_HOME ?? join(home, '.config'),
    ...list(env.XDG_CONFIG_DIRS, '/etc/xdg'),
    `${root}/etc`,
    env.XDG_DATA_HOME ?? join(home, '.local', 'share'),
    ...list(env.XDG_DATA_DIRS, '/usr/local/share:/usr/share'),
  ];
  return bases.map((base) => join(base, 'vulkan', 'icd.d'));
}

function manifestsIn(directory: string): string[] {
  return entriesIn(directory, /\.json$/);
}

/** Whole paths; none where there is no such directory. */
function entriesIn(directory: string, names: RegExp): string[] {
  try {
    const entries = readdirSync(directory).filter((name) => names.test(name));
    return entries.sort().map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function readManifest(path: string, world: World): Manifest {
  const none = { path, apiVersion: null, library: null };
  if (!existsSync(path)) return { ...none, fault: 'not there' };
  try {
    const { ICD: driver } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly ICD?: { readonly api_version?: unknown; readonly library_path?: unknown };
    };
    const apiVersion = typeof driver?.api_version === 'string' ? driver.api_version : null;
    if (typeof driver?.library_path !== 'string') return { ...none, apiVersion, fault: 'names no library' };
    const library = driver.library_path;
    // A path with a separator counts from the manifest, a bare name is looked up like any library.
    const places = library.includes('/')
      ? [resolve(dirname(path), library)]
      : libraryDirectories(world).map((directory) => join(directory, library));
    const fault = places.some((place) => existsSync(place))
      ? null
      : `${library} is not in the usual directories`;
    return { path, apiVersion, library, fault };
  } catch (error) {
    return { ...none, fault: reasonOf(error) };
  }
}

export async function checkDrivers(world: World, severity: Severity): Promise<Check> {
  const { manifests, override } = findManifests(world);
  const sound = manifests.filter(({ fault }) => fault === null);
  const packages = await packagesOf(world, sound);
  const limited = override === null ? [] : [`limited to ${override}=${world.env[override]!}`];
  const faults = manifests.flatMap(({ path, fault }) => (fault === null ? [] : [`${path}: ${fault}`]));
  const found = [...limited, ...byDirectory(sound), ...packages, ...faults];
  const drivers = about('drivers', { override, manifests, packages });
  if (sound.length === 0)
    return drivers[severity](
      found.length === 0 ? 'no driver manifest in any of the usual directories' : found,
      override === null
        ? installRemedy
        : `unset ${overrides.join(' and ')}, which hide every other driver, or correct the path`,
    );
  return faults.length > 0 ? drivers.warning(found) : drivers.ok(found);
}

/** `DIRECTORY: lvp_icd (Vulkan 1.4.305), ...` */
function byDirectory(manifests: readonly Manifest[]): string[] {
  const directories = [...new Set(manifests.map(({ path }) => dirname(path)))];
  return directories.map((directory) => {
    const drivers = manifests
      .filter(({ path }) => dirname(path) === directory)
      .map(({ path, apiVersion }) => `${basename(path, '.json')} ${apiVersion ?? '(no version)'}`);
    return `${directory}: ${drivers.join(', ')}`;
  });
}

/** The packages that the manifests come from, with their versions, where the system can say. */
async function packagesOf({ ask, root }: World, manifests: readonly Manifest[]): Promise<string[]> {
  if (manifests.length === 0 || root !== '') return [];
  const paths = manifests.map(({ path }) => path);
  const owners = await ask('dpkg-query', ['-S', ...paths]);
  if (owners === undefined)
    return linesOf(await ask('rpm', ['-qf', '--qf', '%{NAME} %{VERSION}-%{RELEASE}\\n', ...paths]));
  const names = new Set(linesOf(owners).map((line) => line.split(':')[0]!));
  return linesOf(await ask('dpkg-query', ['-W', '-f', '${Package} ${Version}\\n', ...names]));
}

function linesOf(text: string | undefined): string[] {
  return [...new Set((text ?? '').split('\n').filter((line) => line !== ''))];
}

/** Device files of GPUs, and whether this account may use them; undefined where there are none. */
export function checkDevices(world: World, hasHardwareAdapter: boolean): Check | undefined {
  const devices = [
    ...entriesIn(`${world.root}/dev/dri`, /^renderD\d+$/),
    ...entriesIn(`${world.root}/dev`, /^(nvidia\d+|dxg|kfd)$/),
  ];
  if (devices.length === 0) return undefined;
  const closed = devices.filter((path) => !isOpen(path));
  const check = about('GPU devices', { devices, closed });
  const named = devices.join(', ');
  if (closed.length > 0)
    return check.warning(
      `${named}; this account may not use ${closed.join(', ')}`,
      'add the account to the group of these files (render or video), then log in again',
    );
  if (hasHardwareAdapter) return check.ok(named);
  return check.warning(
    `${named}, but no driver offers a GPU as an adapter`,
    'if this machine has a GPU, install the Vulkan driver of its maker',
  );
}

function isOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
