/** A real browser for the tests of pages: headless Chromium, driven by puppeteer. */
import { launch, type Browser, type Page } from 'puppeteer-core';
import { asRoot, findChromium as findBrowser, softwareGpu } from '../tools/bench/chromium.js';

export type { Browser, Page };

/** The browser that bench.js would take; null, with a printed line, without one. */
export function findChromium(): string | null {
  try {
    return findBrowser();
  } catch (error) {
    console.log(`skipped: ${(error as Error).message}: none on the path (CHROMIUM=/path/to/it names one)`);
    return null;
  }
}

/** What puppeteer adds so that hidden pages run like visible ones: they shall run as they do for a user. */
const throttles = [
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/**
 * Starts Chromium with a new profile, which is removed when it is closed.
 * @param path of the browser, from `findChromium`
 * @param options `webgpu`: with an adapter, SwiftShader's; otherwise there is none
 */
export function startChromium(path: string, options: { readonly webgpu?: boolean } = {}): Promise<Browser> {
  return launch({
    executablePath: path,
    pipe: true,
    // A slow machine takes its time: the tests' own limit ends a hang.
    protocolTimeout: 0,
    timeout: 0,
    defaultViewport: null,
    ignoreDefaultArgs: throttles,
    args: [
      '--disable-quic',
      '--disable-component-update',
      ...(options.webgpu === true ? softwareGpu : ['--disable-gpu']),
      ...asRoot,
    ],
  });
}

export interface View {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
  readonly print?: boolean;
}

export interface Tab {
  readonly page: Page;
  /** Messages of the console, uncaught errors, failed requests, and requests to another origin. */
  readonly complaints: readonly string[];
}

/** Opens a page and waits until it is loaded. @param first a script that runs before those of the page */
export async function openTab(browser: Browser, url: string, view: View, first?: string): Promise<Tab> {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  const complaints: string[] = [];
  const own = new Set(['file:', 'data:', 'blob:', 'about:']);
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${String(error)}`));
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (!own.has(to.protocol) && to.origin !== new URL(url).origin) complaints.push(`request: ${to.href}`);
  });
  page.on('requestfailed', (request) =>
    complaints.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`),
  );
  await show(page, view);
  if (first !== undefined) await page.evaluateOnNewDocument(first);
  await page.goto(url);
  return { page, complaints };
}

/** Gives the page another window: smaller ones are phones. */
export async function show(page: Page, view: View): Promise<void> {
  const { width, height, dark = false, print = false } = view;
  await page.setViewport({ width, height, deviceScaleFactor: 1, isMobile: width < 600 });
  await page.emulateMediaType(print ? 'print' : undefined);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
}
