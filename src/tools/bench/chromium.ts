/** Where a browser to measure in is, and how it is started. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EngineError } from '../../base/errors.js';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const elsewhere = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/**
 * The browser named by CHROMIUM, or the first one on the path.
 * @throws EngineError `usage` without one
 */
export function findChromium(): string {
  const given = process.env.CHROMIUM;
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const found = (given === undefined ? [...onPath, ...elsewhere] : [given]).find(isExecutable);
  if (found !== undefined) return found;
  throw new EngineError('usage', 'there is no browser to measure in', {
    found: given === undefined ? 'no Chromium on the path' : `CHROMIUM=${given}, which cannot be run`,
    expected: 'Chromium or Chrome',
    remedy: 'install Chromium, or set CHROMIUM to where it is',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What `launch` of puppeteer-core takes. */
export interface BrowserStart {
  readonly executablePath: string;
  readonly args: readonly string[];
}

/** @throws EngineError `usage` without a browser */
export function softwareBrowser(): BrowserStart {
  return { executablePath: findChromium(), args: [...softwareGpu, ...asRoot] };
}

/** The sandbox refuses to run as root, as in a container; the pages are this project's own. */
export const asRoot: readonly string[] = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

/** WebGPU on SwiftShader, Chromium's own software adapter: the same on every machine. */
export const softwareGpu: readonly string[] = [
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-webgpu-adapter=swiftshader',
];
