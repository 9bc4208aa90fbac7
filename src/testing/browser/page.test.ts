/** The page that reads drawings and trains, in Chromium on SwiftShader. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fromSafetensors, toSafetensors } from '../../index.js';
import { madeSummary } from '../../tools/compare/testing/runs.js';
import { findChromium, show, type Page, type Tab } from '../chromium.js';
import { lowestContrast } from '../contrast.js';
import { isLong } from '../modes.js';
import { runNode } from '../run-node.js';
import { swiftshader, swiftshaderMissing } from '../swiftshader.js';
import { root } from './lab.js';
import {
  desk,
  drawFast,
  holdInTheMiddle,
  longestWaitMs,
  openSite,
  phone,
  quick,
  seen,
  textOf,
  type DrawnFast,
  type Site,
} from './page.js';

const path = findChromium();

describe.skipIf(path === null)('the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-page-'));
  let site: Site;
  /** One for all tests: opening the GPU and compiling its shaders is what takes time. */
  let tab: Tab;
  let page: Page;
  beforeAll(async () => {
    site = await openSite(path!);
    tab = await site.open(quick);
    ({ page } = tab);
    const session = await site.browser.target().createCDPSession();
    await session.send('Browser.setDownloadBehavior', {
      behavior: 'allow',
      downloadPath: folder,
      eventsEnabled: true,
    });
  });
  afterAll(async () => {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const click = (selector: string): Promise<unknown> =>
    page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);

  /** Asks for other settings in the address, as a link does, and waits until the page has heard of it. */
  const ask = (settings: string): Promise<unknown> =>
    page.evaluate(`new Promise((heard) => {
      const before = location.hash;
      addEventListener('hashchange', heard, { once: true });
      location.hash = ${JSON.stringify(settings)};
      if (location.hash === before) heard();
    })`);

  /** Opens a file in the page. @param size in bytes, where it is filled up with zeros */
  async function give(name: string, content: string | Uint8Array, size?: number): Promise<void> {
    const file = join(folder, name);
    writeFileSync(file, content);
    if (size !== undefined) truncateSync(file, size);
    const input = await page.$('input#files');
    await input!.uploadFile(file);
  }

  it('reads the examples, and forgets what is cleared', async () => {
    expect(await textOf(page, '#software')).toMatch(/swiftshader/i);
    const count = (await page.evaluate(`document.querySelectorAll('.examples button').length`)) as number;
    expect(count).toBe(10);
    for (let i = 1; i <= count; i++) {
      const button = `.examples button:nth-of-type(${i})`;
      const name = (await textOf(page, button))!.trim();
      await click(button);
      expect(await seen(tab, '#answer', new RegExp(` ${name}: `))).toMatch(/^This is .*%$/);
      expect(await seen(tab, '#bars[data-state=read] .most')).toContain(name);
    }
    await click('#clear');
    await seen(tab, '#answer', /^Draw, and it reads/);
    expect(await page.$('#bars[data-state=empty]')).not.toBeNull();
  });

  it('trains, shows what came of it, and hands out the network', async () => {
    await click('#start');
    await seen(tab, '#status', /^Done: epoch 2 of at most 2/);
    for (const part of ['#curves canvas', '#units', '#confusion td']) await page.waitForSelector(part);
    expect(await textOf(page, '.sha256')).toMatch(/^[0-9a-f]{64}$/);
    await page.evaluate(`[...document.querySelectorAll('.outcome button')]
      .find((each) => each.textContent.includes('safetensors')).click()`);
    const file = await arrived(join(folder, 'model.safetensors'));
    expect(fromSafetensors(file).get('layer0.weight')!.shape).toEqual([784, 16]);
  });

  it.skipIf(swiftshaderMissing !== null)('shows a line that gives the same bits in Node', async () => {
    const [program, script, ...words] = (await textOf(page, '.command'))!.split(' ');
    expect([program, script]).toEqual(['node', 'scripts/train.js']);
    const out = join(folder, 'run');
    const { stderr, code } = await runNode([script!, ...words, '--out', out, '--quiet'], {
      cwd: root,
      env: { VK_DRIVER_FILES: swiftshader },
    });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const summary = readFileSync(join(out, 'summary.json'), 'utf8');
    expect(summary).toContain(`"weightsSha256": "${(await textOf(page, '.sha256'))!}"`);
  });

  it('keeps the settings in the address, and trains two of them beside each other', async () => {
    await ask(`${quick}&lr=0.004&b.lr=0.01&b.hidden=20`);
    const values = `['#a-hidden', '#a-learningRate', '#b-learningRate', '#b-hidden', '#compare'].map((each) =>
      document.querySelector(each)).map((each) => each.type === 'checkbox' ? each.checked : each?.value)`;
    await page.waitForFunction(`document.querySelector('#b-hidden')?.value === '20'`);
    expect(await page.evaluate(values)).toEqual(['16', '0.004', '0.01', '20', true]);
    await page.focus('#b-dropout');
    await page.keyboard.press('End');
    await page.keyboard.type('5');
    await page.waitForFunction(`location.hash.includes('b.dropout=0.25')`);
    await click('#start');
    await seen(tab, '#status', /^Done: epoch 2 of at most 2/);
    const sha = `[...document.querySelectorAll('.sha256')].map((each) => each.textContent)`;
    expect(new Set((await page.evaluate(sha)) as string[]).size).toBe(2);
    expect(tab.complaints).toEqual([]);
  });

  /** In the order of drawing, which must hold on any machine; how fast depends on it, and is printed. */
  function expectInOrder(drawn: DrawnFast, when: string): void {
    const { rate, median, worst, answers } = drawn;
    const [at, middle, most] = [rate, median, worst].map((each) => each.toFixed(0));
    console.log(`${when}: ${at} events/s, median ${middle} ms, worst ${most} ms, ${answers} answers`);
    expect(drawn).toMatchObject({ atOnce: 1, isCurrent: true });
  }

  it('answers fast drawing, with none older than the drawing, idle and while it trains', async () => {
    const seconds = isLong ? 5 : 1;
    expectInOrder(await drawFast(tab, seconds), 'idle');
    await ask(quick.replace('epochs=2', 'epochs=1000000') + '&patience=none');
    await click('#start');
    await seen(tab, '#status', /^Training: epoch [1-9]/);
    expectInOrder(await drawFast(tab, seconds), 'while training');
    await click('#pause');
    await seen(tab, '#status', /^Paused/);
    await click('#resume');
    await seen(tab, '#status', /^Training: epoch/);
    await click('#stop');
    await seen(tab, '#status', /^Stopped/);
    expect(tab.complaints).toEqual([]);
  });

  /** Markup, as names and texts of files have it that were made to harm. */
  const evil = `</script><img src=x onerror="document.title='broken'">'"&amp;`;

  /** Nothing of a file has become a part of the page. */
  async function expectUnharmed(): Promise<void> {
    const found = '[document.images.length, document.scripts.length, document.title]';
    expect(await page.evaluate(found)).toEqual([0, 1, 'Draw a character - wgsl-train']);
    expect(tab.complaints).toEqual([]);
  }

  it('shows the curves of a run, and names that would break it as texts', async () => {
    const summary = JSON.stringify(madeSummary({ experiment: 2, seeds: 1 }));
    await give('summary.json', summary);
    expect(await seen(tab, '#run h3')).toContain('Experiment 2');
    await page.waitForSelector('#run canvas');
    const made = JSON.parse(summary) as { title: string; dataset: { name: string } };
    const dataset = { ...made.dataset, name: evil };
    await give('summary.json', JSON.stringify({ ...made, title: evil, dataset }));
    expect(await seen(tab, '#run', /onerror/)).toContain(evil);
    await expectUnharmed();
  });

  it('opens a network, whose texts are only shown', async () => {
    const layer = (inputs: number, outputs: number): [string, { shape: number[]; data: Float32Array }][] => [
      ['layer0.weight', { shape: [inputs, outputs], data: new Float32Array(inputs * outputs).fill(0.01) }],
      ['layer0.bias', { shape: [outputs], data: Float32Array.from({ length: outputs }, (_, i) => i) }],
    ];
    const classes = JSON.stringify([evil, 'b', 'c']);
    const dataset = JSON.stringify({ name: evil });
    await click('.examples button');
    await give('evil.safetensors', toSafetensors(new Map(layer(784, 3)), { classes, dataset }));
    expect(await seen(tab, '#network-about', /evil\.safetensors/)).toContain('784-3');
    await seen(tab, '#bars[data-state=read] .most', /^\W*c(?![a-z])/);
    expect(await textOf(page, '#bars')).toContain(evil);
    await page.select('#network', 'shipped');
    await seen(tab, '#bars[data-state=read] .most', /[a-z]{1,2}/);
    await expectUnharmed();
  });

  const header = (claimed: number): Uint8Array =>
    new Uint8Array([...new Uint8Array(BigUint64Array.of(BigInt(claimed)).buffer), ...new Uint8Array(64)]);

  it.each<[string, string, string | Uint8Array, number?]>([
    ['a header of 1 GB that is not there', 'claims.safetensors', header(1e9)],
    ['a file of 1 GB', 'huge.safetensors', header(16), 2 ** 30],
    ['a summary of 1 GB', 'summary.json', '{', 2 ** 30],
    ['half a JSON text', 'summary.json', '{"schema": 1,'],
    ['another JSON text', 'summary.json', `{"schema": 1, "title": ${JSON.stringify(evil)}}`],
    ['a text as a network', 'text.safetensors', 'Not a network at all, but a text.'],
    ['a text as a picture', 'picture.png', 'Not a picture at all, but a text.'],
    ['an empty file', 'empty.safetensors', ''],
  ])('refuses %s', async (_, name, content, size) => {
    await give(name, content, size);
    expect(await seen(tab, '#problem')).toMatch(/What helps: \w/);
    await click('#close-problem');
    await page.waitForFunction(`document.querySelector('#problem') === null`);
    await expectUnharmed();
  });

  it('fits a phone and a desk, light and dark, and can be read', async () => {
    for (const view of [phone, { ...phone, dark: true }, desk, { ...desk, dark: true }]) {
      await show(page, view);
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate(overflow), JSON.stringify(view)).toBe(0);
      const lowest = (await page.evaluate(lowestContrast)) as { contrast: number };
      expect(lowest.contrast, JSON.stringify({ view, lowest })).toBeGreaterThan(4.5);
      const small = `[...document.querySelectorAll('button, select, .button')].filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        return width > 0 && Math.min(width, height) < 24;
      }).map((each) => each.outerHTML)`;
      expect(await page.evaluate(small), JSON.stringify(view)).toEqual([]);
    }
  });

  it('has a name for everything that can be used', async () => {
    const snapshot = (await page.accessibility.snapshot({ interestingOnly: false }))!;
    const nodes = [snapshot];
    for (const { children = [] } of nodes) nodes.push(...children);
    const roles = ['button', 'textbox', 'combobox', 'checkbox', 'application', 'region', 'image', 'group'];
    const used = nodes.filter(({ role }) => roles.includes(role));
    expect(used.length).toBeGreaterThan(40);
    expect(used.filter(({ role, name = '' }) => role !== 'group' && name === '')).toEqual([]);
  });

  it('is drawn on, and trains, with the keyboard alone', async () => {
    await ask(quick);
    await page.evaluate('document.activeElement.blur(); scrollTo(0, 0)');
    const focused = `(() => {
      const { activeElement } = document;
      const shown = activeElement.type === 'file' ? activeElement.nextElementSibling : activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      return [activeElement.id, outlineStyle !== 'none' && parseFloat(outlineWidth) > 0];
    })()`;
    const tabTo = async (wanted: string): Promise<void> => {
      for (let steps = 0, id = ''; id !== wanted; steps++) {
        expect(steps, `no way to ${wanted} by the keyboard`).toBeLessThan(80);
        await page.keyboard.press('Tab');
        let isOutlined: boolean;
        [id, isOutlined] = (await page.evaluate(focused)) as [string, boolean];
        expect({ id, isOutlined }).toEqual({ id, isOutlined: true });
      }
    };
    await tabTo('pad');
    await page.keyboard.press('Delete');
    await seen(tab, '#bars[data-state=empty]');
    await page.keyboard.press('Space');
    for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowRight');
    for (let step = 0; step < 6; step++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await seen(tab, '#bars[data-state=read]');
    await tabTo('start');
    await page.keyboard.press('Enter');
    await seen(tab, '#status', /^Done: epoch 2 of at most 2/);
    expect(tab.complaints).toEqual([]);
  });

  it('survives the loss of the GPU, a stop and a reload, to the same bits', async () => {
    await ask(quick.replace('epochs=2', 'epochs=30') + '&patience=none');
    await click('#start');
    await seen(tab, '#status', /^Done: epoch 30 of/);
    const undisturbed = await textOf(page, '.sha256');

    const worker = await holdInTheMiddle(tab);
    await click('#start');
    await seen(tab, '#status', /^Training: epoch ([2-9]|1\d)\b/);
    const session = await site.browser.target().createCDPSession();
    await session.send('Browser.crashGpuProcess');
    await seen(tab, '#notice', /The GPU was lost, and was opened again/);
    await worker.evaluate('release()');
    await seen(tab, '#status', /^Done: epoch 30 of/);
    expect(await textOf(page, '.sha256')).toBe(undisturbed);

    await holdInTheMiddle(tab);
    await click('#start');
    await seen(tab, '#status', /^Training: epoch ([2-9]|1\d)\b/);
    await click('#stop');
    await seen(tab, '#status', /^Stopped/);
    await page.reload();
    await seen(tab, '#resume-saved');
    await click('#resume-saved');
    await seen(tab, '#status', /^Done: epoch 30 of/);
    expect(await textOf(page, '.sha256')).toBe(undisturbed);
    expect(tab.complaints).toEqual([]);
  });

  it('explains what to switch on where there is no WebGPU', async () => {
    const bare = await openSite(path!, { webgpu: false });
    const { page: without, complaints } = await bare.open();
    await without.waitForSelector('#without-webgpu', { visible: true });
    expect(await textOf(without, '#without-webgpu')).toMatch(/chrome:\/\/flags/);
    // Chromium's own words, of the worker.
    expect(complaints.filter((each) => !each.includes('No available adapters'))).toEqual([]);
    await bare.close();
  });
});

/** The content of a file that a browser is saving. */
function arrived(file: string): Promise<Uint8Array> {
  return vi.waitFor(() => readFileSync(file), { timeout: longestWaitMs, interval: 20 });
}
