/** What happens to a page: a lost GPU, a reload, a hidden tab, no adapter, a full or damaged disk. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, type Page, type Tab } from '../chromium.js';
import { swiftshaderMissing } from '../swiftshader.js';
import {
  loaded,
  openLab,
  PageError,
  runIn,
  runOnNode,
  startIn,
  type Failure,
  type Lab,
  type Options,
} from './lab.js';
import type { Kept } from './scenarios.js';

const path = findChromium();

/** The failure that work ends in. */
async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const ended = await work.catch((error: unknown) => error);
  if (ended instanceof PageError) return ended.failure;
  throw new Error(`no failure of the library: ${String(ended)}`);
}

/** Changes every file of a folder of OPFS; gives their number. @param change of `bytes`, its new value */
const rewrite = (folder: string, change: string): string => `(async () => {
  let count = 0;
  const visit = async (directory) => {
    for await (const handle of directory.values()) {
      if (handle.kind === 'directory') await visit(handle);
      else {
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer());
        const writable = await handle.createWritable();
        await writable.write(${change});
        await writable.close();
        count++;
      }
    }
  };
  await visit(await (await navigator.storage.getDirectory()).getDirectoryHandle('${folder}'));
  return count;
})()`;

/** Copies files that the server has under `node/` into a folder of OPFS. */
const bringIn = (place: string, trial: string, files: readonly string[]): string => `(async () => {
  const make = { create: true };
  const top = await (await navigator.storage.getDirectory()).getDirectoryHandle('${place}', make);
  const inner = await top.getDirectoryHandle('${trial}', make);
  for (const file of ${JSON.stringify(files)}) {
    const writable = await (await inner.getFileHandle(file, make)).createWritable();
    await writable.write(await (await fetch('/node/${trial}/' + file)).arrayBuffer());
    await writable.close();
  }
})()`;

describe.skipIf(path === null)('a training in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-recovery-'));
  let lab: Lab;
  let tab: Tab;
  let page: Page;
  /** What a training gives that nothing happens to. */
  let undisturbed: Kept;
  beforeAll(async () => {
    lab = await openLab(path!, { folders: { 'node/': folder } });
    tab = await lab.open('single');
    ({ page } = tab);
    undisturbed = await runIn(page, 'kept', { place: null });
  });
  afterAll(async () => {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Waits until the training in the page has done two epochs. @throws what it ended in before that */
  async function twoEpochs(training: Promise<Kept>): Promise<void> {
    const tooEarly = training.then(() => Promise.reject(new Error('the training is over')));
    await Promise.race([page.waitForFunction('globalThis.epoch >= 2', { polling: 20 }), tooEarly]);
  }

  /** Runs the training again from its checkpoints. */
  async function expectResumed(options: Options<'kept'>): Promise<void> {
    const { first, weightsSha256 } = await runIn(page, 'kept', options);
    // Two epochs were done: at most one of them is lost, whose checkpoint was still being written.
    expect(first).toBeGreaterThanOrEqual(2);
    expect(weightsSha256).toEqual(undisturbed.weightsSha256);
  }

  it('ends clearly when the quota of the disk is used up', async () => {
    const session = await page.createCDPSession();
    const { origin } = new URL(lab.site.url);
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
    const failure = await failureOf(runIn(page, 'kept', { place: 'full' }));
    expect(failure).toMatchObject({ kind: 'not-written', remedy: expect.stringMatching(/\w/) as string });
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await session.detach();
    expect((await runIn(page, 'kept', { place: 'full' })).weightsSha256).toEqual(undisturbed.weightsSha256);
  });

  it.each([
    ['cut short', 'bytes.slice(0, bytes.length >> 1)'],
    ['overwritten in the middle', 'bytes.fill(255, bytes.length >> 1, (bytes.length >> 1) + 64)'],
    ['emptied', 'bytes.slice(0, 0)'],
  ])('refuses a checkpoint that was %s', async (_, damage) => {
    const options = { place: 'damaged', epochs: 1 };
    await runIn(page, 'kept', options);
    expect(await page.evaluate(rewrite('damaged', damage))).toBeGreaterThan(0);
    const failure = await failureOf(runIn(page, 'kept', options));
    expect(failure).toMatchObject({ kind: 'bad-file', remedy: expect.stringMatching(/\w/) as string });
    expect(failure.message).toContain('last.safetensors');
    const remove = `top.removeEntry('damaged', { recursive: true })`;
    await page.evaluate(`navigator.storage.getDirectory().then((top) => ${remove})`);
  });

  it.skipIf(swiftshaderMissing !== null)('resumes from a checkpoint of Node, if it is told to', async () => {
    await runOnNode('kept', { place: folder, stopAfter: 3 });
    const files = readdirSync(join(folder, 'small-seed0'));
    expect(files).toContain('last.safetensors');
    await page.evaluate(bringIn('from-node', 'small-seed0', files));
    const refused = await failureOf(runIn(page, 'kept', { place: 'from-node' }));
    expect(refused).toMatchObject({
      kind: 'other-adapter',
      remedy: expect.stringMatching(/mixed/) as string,
    });
    await expectResumed({ place: 'from-node', mixed: true });
  });

  it('resumes when the GPU process was killed, to the same bits', async () => {
    const training = startIn(page, 'kept', { place: 'killed', pauseAfter: 2 });
    await twoEpochs(training);
    const session = await lab.browser.target().createCDPSession();
    await session.send('Browser.crashGpuProcess');
    await page.evaluate('training.resume()');
    expect(await failureOf(training)).toMatchObject({ kind: 'device-lost' });
    await expectResumed({ place: 'killed' });
  });

  it('resumes when the page was loaded again in the middle, to the same bits', async () => {
    await twoEpochs(startIn(page, 'kept', { place: 'reloaded', pauseAfter: 2 }));
    await page.reload();
    await loaded(tab);
    await expectResumed({ place: 'reloaded' });
  });

  it('continues in a worker while another tab is in front', async () => {
    const worker = await lab.open('worker');
    const training = startIn(worker.page, 'kept', { place: null });
    const other = await lab.browser.newPage();
    await other.bringToFront();
    expect(await worker.page.evaluate('document.visibilityState')).toBe('hidden');
    expect((await training).weightsSha256).toEqual(undisturbed.weightsSha256);
    expect(await worker.page.evaluate('document.visibilityState')).toBe('hidden');
  });

  it('says what to switch on where the browser has no adapter, or no WebGPU', async () => {
    const bare = await openLab(path!, { webgpu: false });
    const without = await bare.open('single');
    for (const change of ['undefined', `Object.defineProperty(navigator, 'gpu', { value: undefined })`]) {
      await without.page.evaluate(`void (${change})`);
      const failure = await failureOf(runIn(without.page, 'training'));
      expect(failure).toMatchObject({ kind: 'no-adapter', found: expect.stringMatching(/Chrom/) as string });
      expect(failure.remedy).toMatch(/chrome:\/\//);
      expect(JSON.stringify(failure)).not.toMatch(/setup\.sh|scripts\/|--\w|apt-get|VK_/);
    }
    await bare.close();
  });
});
