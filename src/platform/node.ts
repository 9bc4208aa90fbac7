/** The platform in Node: WebGPU by the package `webgpu` (Dawn), the package's files beside the code. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { EngineError } from '../base/errors.js';
import type { Advice, Platform, WebgpuOptions } from './contract.js';
import { inflate } from './inflate.js';
import { decodePicture } from './picture.js';
import { createWait } from './wait.js';

/** The root of the package, which lies two levels up both from src/platform and from dist/platform. */
const root = new URL('../../', import.meta.url);

/**
 * Instances stay referenced for the life of the process: once an instance and its adapter can be collected,
 * Dawn's bindings crash in their finalisers (measured: 13 of 13 runs).
 */
const held: GPU[] = [];

/**
 * The bin of the installed package, or a program that imports the package: neither has a scripts/ folder of
 * its own.
 */
const isPackage =
  /[\\/]wgsl-train(\.js)?$/.test(process.argv[1] ?? '') || import.meta.url.includes('/node_modules/');

/** Of package.json; `webgpu` is pinned exactly, so it names what is installed. */
interface PackageFile {
  readonly version: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const doctor = commandLine(['doctor']);

const advice: Advice = {
  outOfMemory:
    'train fewer seeds or variants at once, use a smaller batch (--batch-size) or narrower layers (--hidden), ' +
    'and close other programs that use the GPU',
  deviceLost:
    'run the command again (a training with --resume, which continues from its last checkpoint); ' +
    'if it recurs, look at the log of the driver',
  noDevice: 'update the driver, or choose another adapter with --adapter',
  wrongResults:
    'install another version of its driver or choose another adapter with --adapter; ' +
    `${doctor} tells more; please report it with the text above`,
  unsteady: `run ${doctor}, and train again`,
};

export const platform: Platform = {
  webgpu,
  withoutAdapter: () => ({
    found: `${missing()} on ${process.platform}-${process.arch}${limit()}`,
    remedy: remedy(),
  }),
  createWait,
  fingerprint: (_, software) => ({
    'webgpu (Dawn)': platform.versions().webgpu,
    // Software drivers compile for the CPU that they find: another vector width adds in another order.
    ...(software && { 'CPU features': cpuFeatures() }),
  }),
  commandLine,
  versions: () => {
    const { version, optionalDependencies } = JSON.parse(packageText('package.json')) as PackageFile;
    return {
      'wgsl-train': version,
      webgpu: optionalDependencies.webgpu ?? 'unknown',
      node: process.versions.node,
    };
  },
  advice,
  turn: async () => {
    await setImmediate();
  },
  location: () => undefined,
  sleep: async (ms) => {
    await setTimeout(ms);
  },
  packageText,
  sha256: (...parts) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest('hex');
  },
  storage: async (path) => (await import('./directory-storage.js')).directoryStorage(path),
  inflate,
  crc32,
  decodePicture,
  pictureKinds: ['PNG', 'JPEG', 'WebP', 'AVIF', 'TIFF', 'GIF'],
};

function packageText(path: string): string {
  try {
    return readFileSync(new URL(path, root), 'utf8');
  } catch (cause) {
    throw new EngineError('bug', `${path} of this package cannot be read`, {
      found: cause instanceof Error ? cause.message : String(cause),
      expected: `a file in ${root.pathname}`,
      remedy: 'the installation is incomplete: run ./scripts/setup.sh again',
      cause,
    });
  }
}

/** The bin of the installed package names the command first; a clone has a script for each. */
function commandLine([first = '', ...words]: readonly string[]): string {
  const called = isPackage || first === '' ? ['npx wgsl-train', first] : [`node scripts/${first}.js`];
  return [...called, ...words].filter((word) => word !== '').join(' ');
}

/**
 * The package is loaded on the first call, because its native module does not load everywhere, and takes
 * time.
 */
async function webgpu({ adapter, instanceOptions = [] }: WebgpuOptions): Promise<GPU> {
  const { create } = await import('webgpu').catch((cause: unknown) => {
    const found = cause instanceof Error ? cause.message : String(cause);
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    throw new EngineError('no-adapter', `the package webgpu cannot be loaded: ${found.split('\n')[0]!}`, {
      found,
      expected: 'its native module, which needs glibc 2.34 or newer on Linux',
      remedy: isMissing
        ? `npm install webgpu@${platform.versions().webgpu}, or ./scripts/setup.sh in a clone`
        : 'run ./scripts/setup.sh, which says what is missing',
      cause,
    });
  });
  // Without it the Vulkan loader complains on stderr in every container and CI job.
  if (process.platform === 'linux') process.env.XDG_RUNTIME_DIR ??= tmpdir();
  const flags = ['disable-dawn-features=timestamp_quantization', ...instanceOptions];
  const gpu = create(adapter === undefined ? flags : [...flags, `adapter=${adapter}`]);
  held.push(gpu);
  return gpu;
}

/** What makes Mesa's drivers use less than the CPU has. */
const limits = ['GALLIUM_OVERRIDE_CPU_CAPS', 'LP_NATIVE_VECTOR_WIDTH', 'GALLIUM_NOSSE', 'LP_FORCE_SSE2'];

function cpuFeatures(): string {
  const set = limits.flatMap((name) =>
    process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`],
  );
  return [vectorFeatures(), ...set].join(' ');
}

function vectorFeatures(): string {
  try {
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? '';
    const found = flags
      .split(' ')
      .filter((flag) => /^(s?sse|pni|avx|fma|f16c|amx|asimd|sve|neon|fphp)/.test(flag));
    if (found.length > 0) return found.sort().join(' ');
  } catch {
    // Other systems do not tell: the model stands for what it has.
  }
  return cpus()[0]?.model ?? process.arch;
}

function missing(): string {
  if (process.platform === 'darwin') return 'no Metal device';
  if (process.platform === 'win32') return 'no Direct3D 12 device';
  return 'no usable Vulkan driver';
}

function limit(): string {
  const files = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  return files === undefined ? '' : `, limited to VK_DRIVER_FILES=${files}`;
}

function remedy(): string {
  if (process.platform !== 'linux') return 'update the graphics driver and the operating system';
  return 'run ./scripts/setup.sh, or install your GPU driver; without a GPU: mesa-vulkan-drivers 23 or newer';
}
