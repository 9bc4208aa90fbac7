/** The platform in a browser, in a page and in its workers: WebGPU by `navigator.gpu`, texts built in. */
import { sha256 } from '@noble/hashes/sha2.js';
import { crc32 } from '../base/crc.js';
import { EngineError } from '../base/errors.js';
import { inflate } from './browser-inflate.js';
import { decodePicture } from './browser-picture.js';
import { originStorage } from './browser-storage.js';
import type { Advice, Platform, WebgpuOptions } from './contract.js';
import { packageTexts } from './package-texts.js';

/** What this module asks of a browser, so that it compiles beside Node's types. */
interface Browser {
  readonly isSecureContext: boolean;
  readonly location: { readonly href: string };
  readonly navigator: {
    readonly gpu?: GPU;
    readonly userAgent: string;
    readonly userAgentData?: {
      readonly brands: readonly { readonly brand: string; readonly version: string }[];
      readonly platform: string;
    };
  };
}

const browser = globalThis as unknown as Browser;

const advice: Advice = {
  outOfMemory:
    'train fewer trials at once, use a smaller batch or narrower layers, and close other tabs that use the GPU',
  deviceLost: 'open the GPU again; a training with checkpoints resumes from its last one',
  noDevice: 'update the browser and the graphics driver, or try another browser',
  wrongResults: 'update the browser and the graphics driver, and report it with the text above',
  unsteady: 'update the browser and the graphics driver, and train again',
};

export const platform: Platform = {
  webgpu,
  inflate,
  crc32,
  decodePicture,
  pictureKinds: ['PNG', 'JPEG', 'WebP', 'AVIF', 'GIF'],
  withoutAdapter: () => ({
    found: `${browserName()} without a GPU that it lets pages use`,
    remedy: remedy(),
  }),
  // A browser does not spin while it waits.
  createWait: () => (promise) => promise,
  fingerprint,
  commandLine: (words) => ['npx wgsl-train', ...words].filter((word) => word !== '').join(' '),
  versions: () => {
    const { version } = JSON.parse(packageText('package.json')) as { readonly version: string };
    return { 'wgsl-train': version, webgpu: browserName(), node: 'none' };
  },
  advice,
  // Timers wait a second in a hidden page, and 4 ms where they nest; messages do not.
  turn: () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener('message', () => {
        port1.close();
        resolve();
      });
      port1.start();
      port2.postMessage(null);
    }),
  location: () => browser.location.href,
  sleep: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    }),
  storage: originStorage,
  packageText,
  sha256: (...parts) => {
    const hash = sha256.create();
    for (const part of parts)
      hash.update(
        typeof part === 'string'
          ? new TextEncoder().encode(part)
          : new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
      );
    return hash.digest().reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
  },
};

function webgpu({ adapter }: WebgpuOptions): Promise<GPU> {
  const { gpu } = browser.navigator;
  if (gpu === undefined)
    throw new EngineError('no-adapter', 'this browser has no WebGPU here', {
      found: browser.isSecureContext
        ? `${browserName()} without navigator.gpu`
        : 'a page that came over plain http, where browsers switch WebGPU off',
      expected: 'a browser with WebGPU (there is no CPU fallback)',
      remedy: browser.isSecureContext ? remedy() : 'open the page over https, or from http://localhost',
    });
  if (adapter !== undefined)
    throw new EngineError('no-adapter', 'a page cannot choose an adapter', {
      found: JSON.stringify(adapter),
      expected: 'no name: the browser chooses the adapter',
      remedy: 'leave out `adapter`; the settings of the system or the browser say which GPU it uses',
    });
  return Promise.resolve(gpu);
}

/**
 * Names of adapters are vague in a page (`swiftshader`): what they can do tells them apart, as far as pages
 * may know. Features that a browser tries out come and go with its settings.
 */
function fingerprint({ features, limits }: Pick<GPUAdapter, 'features' | 'limits'>): Record<string, string> {
  const { userAgent, userAgentData } = browser.navigator;
  const names = Object.keys(Object.getPrototypeOf(limits) as object) as (keyof GPUSupportedLimits)[];
  const system = userAgentData?.platform ?? /\(([^;)]+)/.exec(userAgent)?.[1];
  return {
    browser: [browserName(), ...(system === undefined ? [] : [`on ${system}`])].join(' '),
    features: [...features]
      .filter((name) => !name.startsWith('chromium-'))
      .sort()
      .join(' '),
    limits: names
      .sort()
      .map((name) => `${name}=${limits[name]}`)
      .join(' '),
  };
}

function packageText(path: string): string {
  const text = packageTexts[path];
  if (text !== undefined) return text;
  throw new EngineError('bug', `${path} is not built into this package`, {
    expected: `one of ${Object.keys(packageTexts).length} texts`,
    remedy: 'report it: the build left it out',
  });
}

/** `Chromium 156`, or what a browser without brands says of itself. */
function browserName(): string {
  const { userAgent, userAgentData } = browser.navigator;
  const brand = userAgentData?.brands.find(({ brand: name }) => !/not.?a.?brand/i.test(name));
  if (brand !== undefined) return `${brand.brand} ${brand.version}`;
  const [, name, version] = /(Firefox|Chrome|Version)\/([\d.]+)/.exec(userAgent) ?? [];
  return name === undefined ? 'a browser' : `${name === 'Version' ? 'Safari' : name} ${version!}`;
}

function remedy(): string {
  const { userAgent } = browser.navigator;
  if (userAgent.includes('Firefox'))
    return 'use Firefox 141 or newer on Windows or macOS, or set dom.webgpu.enabled in about:config';
  if (userAgent.includes('Chrom') && /Linux(?!.*Android)/.test(userAgent))
    return 'switch on chrome://flags/#enable-unsafe-webgpu and #enable-vulkan, and start the browser again';
  if (userAgent.includes('Chrom'))
    return 'switch on "Use graphics acceleration when available" in the settings, and see chrome://gpu';
  if (userAgent.includes('Safari')) return 'use Safari 26 or newer, on macOS 26 or iOS 26';
  return 'use a browser with WebGPU: Chrome or Edge 121, Safari 26, Firefox 141 or newer';
}
