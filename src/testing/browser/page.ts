/** The page (src/web) in Chromium, for its tests: opened, watched, drawn on. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { WebWorker } from 'puppeteer-core';
import { startWebServer } from '../../tools/serve/web-site.js';
import { openTab, startChromium, type Browser, type Page, type Tab, type View } from '../chromium.js';
import { root } from './lab.js';

export const phone: View = { width: 375, height: 740 };
export const desk: View = { width: 1280, height: 900 };

/** The smallest training that the page can be asked for, as its address says it. */
export const quick = 'data=synthetic:200/60&hidden=16&epochs=2&batch-size=32';

export interface Site {
  readonly browser: Browser;
  readonly url: string;
  /** Opens the page and waits until its network reads. @param settings behind the `#` of the address */
  readonly open: (settings?: string, view?: View) => Promise<Tab>;
  readonly close: () => Promise<void>;
}

/** @param path of the browser. @param options `webgpu`: false opens it without an adapter */
export async function openSite(path: string, options: { webgpu: boolean } = { webgpu: true }): Promise<Site> {
  const server = await startWebServer(join(root, 'dist', 'web'), 0);
  const browser = await startChromium(path, options);
  return {
    browser,
    url: server.url,
    open: async (settings = '', view = desk) => {
      const tab = await openTab(browser, `${server.url}#${settings}`, view, watchReads);
      if (options.webgpu) await seen(tab, '#network-about:not(:empty)');
      return tab;
    },
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** Below the limit of a test, so that a wait that ends in nothing says what it waited for. */
export const longestWaitMs = 240_000;

/**
 * Waits until something is on the page, and stays: what passes may not be seen.
 * @throws Error what the page complained of, or shows, instead
 */
export async function seen(tab: Tab, selector: string, text = /(?:)/): Promise<string> {
  const wanted = `${selector} ${String(text)}`;
  const begun = performance.now();
  for (;;) {
    const shown = await textOf(tab.page, selector);
    if (shown !== null && text.test(shown)) return shown;
    const problem = selector === '#problem' ? null : await textOf(tab.page, '#problem');
    const wrong = [...tab.complaints, ...(problem === null ? [] : [problem])];
    if (wrong.length > 0) throw new Error(`${wanted}: ${wrong.join('; ')}`);
    if (performance.now() - begun > longestWaitMs) {
      const looks = new Set([selector, '#status', '#notice', '#problem']);
      const texts = await Promise.all(
        [...looks].map(async (each) => `${each} ${JSON.stringify(await textOf(tab.page, each))}`),
      );
      throw new Error(`${wanted}: not in ${longestWaitMs} ms, but ${texts.join(', ')}`);
    }
    await setTimeout(30);
  }
}

/** The text of the first of such elements; null: there is none. */
export function textOf(page: Page, selector: string): Promise<string | null> {
  const read = `document.querySelector(${JSON.stringify(selector)})?.textContent ?? null`;
  return page.evaluate(read) as Promise<string | null>;
}

/**
 * Put into a page before its own scripts: notes when its worker was asked to read a drawing, and when it
 * answered.
 */
const watchReads = `{
  const reads = (globalThis.reads = []);
  const Original = Worker;
  globalThis.Worker = class extends Original {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        const read = reads.find(({ id }) => id === data.id);
        if (read) Object.assign(read, { answered: performance.now(), classes: data.value?.probabilities });
      });
    }
    postMessage(message, ...more) {
      if (message.name === 'read') reads.push({ id: message.id, asked: performance.now() });
      super.postMessage(message, ...more);
    }
  };
  globalThis.pointers = [];
  addEventListener('pointermove', (event) => {
    for (const each of event.getCoalescedEvents()) pointers.push(each.timeStamp);
  }, true);
}`;

/**
 * Lets the next training do some epochs, ten at most, and holds the end of another one: it is in the middle
 * on any machine, until it is steered or `release` is called in its worker.
 */
export async function holdInTheMiddle({ page }: Tab): Promise<WebWorker> {
  const worker = page.workers()[0]!;
  await worker.evaluate(`{
    // Two before the first epoch; then each epoch reads once, or twice if a checkpoint is due.
    let reads = 12;
    const released = new Promise((resolve) => (globalThis.release = resolve));
    // After the worker's own listener: what is asked of the training is known when it trains on.
    addEventListener('message', ({ data }) => data.name === 'steer' && release());
    const { mapAsync } = GPUBuffer.prototype;
    GPUBuffer.prototype.mapAsync = async function (...given) {
      if (this.label === 'epoch readback' && reads-- <= 0) await released;
      return mapAsync.apply(this, given);
    };
  }`);
  return worker;
}

/** What came of drawing fast. */
export interface DrawnFast {
  /** Events that arrived, per second. */
  readonly rate: number;
  /** Median over the events of the time until an answer to a drawing with it, in ms. */
  readonly median: number;
  readonly worst: number;
  readonly answers: number;
  /** Questions that were waiting at once, at most. */
  readonly atOnce: number;
  /** Whether the newest answer is to the drawing as it is in the end. */
  readonly isCurrent: boolean;
}

/** Draws a spiral at 200 events a second. */
export async function drawFast({ page }: Tab, seconds: number): Promise<DrawnFast> {
  await page.evaluate(`document.querySelector('#pad').scrollIntoView({ block: 'center' })`);
  const box = (await (await page.$('#pad'))!.boundingBox())!;
  const session = await page.createCDPSession();
  const at = (i: number): { x: number; y: number } => {
    const [angle, radius] = [i / 12, box.width * (0.1 + (0.3 * ((i % 400) + 1)) / 400)];
    return {
      x: box.x + box.width / 2 + radius * Math.cos(angle),
      y: box.y + box.height / 2 + radius * Math.sin(angle),
    };
  };
  const send = (type: 'mousePressed' | 'mouseMoved' | 'mouseReleased', i: number): Promise<unknown> =>
    session.send('Input.dispatchMouseEvent', { type, ...at(i), button: 'left', buttons: 1, clickCount: 1 });
  await page.evaluate('void (reads.length = pointers.length = 0)');
  await send('mousePressed', 0);
  const begun = performance.now();
  const sent: Promise<unknown>[] = [];
  for (let i = 1; i <= 200 * seconds; i++) {
    sent.push(send('mouseMoved', i));
    const ahead = begun + 5 * i - performance.now();
    if (ahead > 0) await setTimeout(ahead);
  }
  await Promise.all(sent);
  await send('mouseReleased', 200 * seconds);
  await page.waitForFunction('reads.length > 0 && reads.every(({ answered }) => answered !== undefined)');
  await session.detach();
  return (await page.evaluate(`(() => {
    const delays = pointers.map((time) => reads.find(({ asked }) => asked >= time)?.answered - time)
      .filter((delay) => delay >= 0).sort((a, b) => a - b);
    const last = pointers.at(-1);
    return {
      rate: (1000 * (pointers.length - 1)) / (last - pointers[0]),
      median: delays[delays.length >> 1],
      worst: delays.at(-1),
      answers: reads.length,
      atOnce: Math.max(...reads.map(({ asked }) =>
        reads.filter((other) => other.asked <= asked && other.answered > asked).length)),
      isCurrent: reads.at(-1).asked >= last,
    };
  })()`)) as DrawnFast;
}
