/**
 * Prints the WebGPU adapter that this machine offers: `adapter: NAME (software)` or `adapter: NAME
 * (hardware)`.
 *
 * Exit status 0: there is one. 1: there is none. 2: the `webgpu` package cannot be loaded on this system.
 * It imports `webgpu` directly, not the built engine, so that set-up can tell a missing driver from a missing
 * build.
 */
import { tmpdir } from 'node:os';
import { argv, env } from 'node:process';
import { pathToFileURL } from 'node:url';

/** What the prebuilt Linux binaries of webgpu 0.6.2 are linked against. */
const minimumGlibc = [2, 34];
const supported = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64'];

/**
 * Why the native part of `webgpu` does not load, and what helps.
 * @param {{ platform: string, arch: string, glibc: string | undefined }} system
 *   `glibc` is the version of the C library that Node runs on, undefined where that is another one (musl)
 * @returns {string}
 */
export function explainLoadFailure({ platform, arch, glibc }) {
  const wanted = minimumGlibc.join('.');
  if (!supported.includes(`${platform}-${arch}`))
    return `webgpu has no build for ${platform}-${arch}; it has ${supported.join(', ')}`;
  if (platform !== 'linux') return 'run npm ci again: its files may be damaged';
  if (glibc === undefined)
    return `webgpu needs glibc ${wanted} or newer and this system has another C library (musl, as on Alpine): use a Debian or Ubuntu image`;
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major < minimumGlibc[0] || (major === minimumGlibc[0] && minor < minimumGlibc[1]))
    return `webgpu needs glibc ${wanted} or newer and this system has ${glibc}: use Debian 12, Ubuntu 22.04, Fedora 36 or newer`;
  return 'a newer libstdc++ (GLIBCXX_3.4.30, as in GCC 12) may be missing, or the files are damaged: run npm ci again';
}

async function main() {
  // Without it the Vulkan loader complains on stderr, which people would take for the reason of whatever
  // comes next.
  env.XDG_RUNTIME_DIR ??= tmpdir();
  let webgpu;
  try {
    webgpu = await import('webgpu');
  } catch (error) {
    const glibc = process.report?.getReport().header.glibcVersionRuntime;
    console.error(`${error.message}\n${explainLoadFailure({ ...process, glibc })}`);
    return 2;
  }
  const gpu = webgpu.create([]);
  // Dawn's bindings crash when both the instance and the adapter are collected before the process ends.
  globalThis.webgpuOfThisProcess = gpu;
  const adapter = await gpu.requestAdapter();
  if (adapter === null) return 1;
  const { description, device, isFallbackAdapter } = adapter.info;
  console.log(`adapter: ${description || device} (${isFallbackAdapter ? 'software' : 'hardware'})`);
  return 0;
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) process.exitCode = await main();
