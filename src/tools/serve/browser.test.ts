/** The served pages in headless Chromium. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonText } from '../../runs/index.js';
import { madeSummary } from '../compare/testing/runs.js';
import {
  findChromium,
  openTab,
  show,
  startChromium,
  type Browser,
  type Tab,
} from '../../testing/chromium.js';
import { lines, openSite, row, secret, startTraining, type Site } from './testing/site.js';

const path = findChromium();

const phone = { width: 375, height: 740 };
const desk = { width: 1200, height: 900 };

/** How far the page is wider than its window, and whether every chart has marks. */
const layout = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  charts: [...document.querySelectorAll('svg.chart')].map((svg) => svg.querySelectorAll('.role-mark path').length),
  texts: [...document.querySelectorAll('main > *')].filter((part) => part.scrollWidth > part.clientWidth + 1).length,
})`;

interface Layout {
  readonly overflow: number;
  readonly charts: readonly number[];
  readonly texts: number;
}

describe.skipIf(path === null)('in a browser', () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await openSite();
    browser = await startChromium(path!);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });

  const at = (place: string): string => new URL(place, site.server.url).href;

  /** Waits until an expression holds in the page: as long as it takes. */
  async function until(tab: Tab, expression: string): Promise<void> {
    while ((await tab.page.evaluate(expression)) !== true) await new Promise((done) => setTimeout(done, 50));
  }

  it.each(['/', '/run/running', '/run/finished', '/run/stopped', '/run/series', '/run/series/exp2'])(
    '%s opens without a complaint, on a phone and on a desk, light and dark',
    async (place) => {
      const tab = await openTab(browser, at(place), phone);
      for (const view of [phone, { ...phone, dark: true }, desk, { ...desk, dark: true }]) {
        await show(tab.page, view);
        const { overflow, charts, texts } = (await tab.page.evaluate(layout)) as Layout;
        expect({ view, overflow, texts }).toEqual({ view, overflow: 0, texts: 0 });
        const hasMetrics = /running|finished|stopped/.test(place);
        expect(charts).toHaveLength(hasMetrics ? 2 : 0);
        for (const marks of charts) expect(marks).toBeGreaterThan(0);
      }
      expect(tab.complaints).toEqual([]);
      await tab.page.close();
    },
  );

  it('charts are dark on a dark screen', async () => {
    const fill = `getComputedStyle(document.querySelector('svg.chart rect')).fill`;
    const tab = await openTab(browser, at('/run/finished'), desk);
    const light = await tab.page.evaluate(fill);
    await show(tab.page, { ...desk, dark: true });
    expect(light).toBe('rgb(254, 254, 254)');
    expect(await tab.page.evaluate(fill)).toBe('rgb(22, 25, 29)');
    await tab.page.close();
  });

  it('a run is followed live, to its end', async () => {
    const directory = startTraining(site.root, 'live');
    const tab = await openTab(browser, at('/run/live'), desk);
    const shown = `document.querySelector('.facts dd').textContent`;
    const curve = `document.querySelector('svg.chart .mark-line path').getAttribute('d')`;
    expect(await tab.page.evaluate(shown)).toBe('2');
    const before = await tab.page.evaluate(curve);
    for (const epoch of [3, 4, 5]) {
      appendFileSync(join(directory, 'metrics.jsonl'), lines([row(epoch)]));
      await until(tab, `${shown} === '${epoch}'`);
    }
    expect(await tab.page.evaluate(curve)).not.toBe(before);
    expect(await tab.page.evaluate(`document.querySelector('.state').textContent`)).toBe('running');

    writeFileSync(join(directory, 'summary.json'), jsonText(madeSummary()));
    writeFileSync(join(directory, 'report.html'), '<!doctype html><title>A report</title>');
    rmSync(join(directory, 'running.json'));
    await until(tab, `document.querySelector('.state').textContent === 'finished'`);
    await until(tab, `document.querySelector('a[href="/file/live/report.html"]') !== null`);

    rmSync(directory, { recursive: true });
    await until(tab, `document.body.textContent.includes('not there any more')`);
    expect(tab.complaints).toEqual([]);
    await tab.page.close();
  });

  it('the list follows, too, and keeps the focus', async () => {
    const tab = await openTab(browser, at('/'), desk);
    await tab.page.evaluate(`document.querySelector('a[href="/run/finished"]').focus()`);
    const directory = startTraining(site.root, 'newcomer');
    const entry = `document.querySelector('a[href="/run/newcomer"]')?.closest('li').textContent`;
    await until(tab, `${entry}?.includes('epoch 2 of at most 50') === true`);
    appendFileSync(join(directory, 'metrics.jsonl'), lines([row(3)]));
    await until(tab, `${entry}?.includes('epoch 3 of at most 50') === true`);
    expect(await tab.page.evaluate(`document.activeElement.getAttribute('href')`)).toBe('/run/finished');
    expect(tab.complaints).toEqual([]);
    await tab.page.close();
    rmSync(directory, { recursive: true });
  });

  it('names that would break a page are only shown', async () => {
    const directory = startTraining(site.root, `"><img src=x onerror=alert(1)>'&amp;`);
    const evil = `</style><script>document.title='broken'</script>"'<b>`;
    const rows = [1, 2, 3].map((epoch) => row(epoch, { variant: evil }));
    writeFileSync(join(directory, 'metrics.jsonl'), lines(rows));
    writeFileSync(
      join(directory, 'config.json'),
      JSON.stringify({ options: { exp: evil, data: evil, seeds: 1 } }),
    );
    for (const place of ['/', `/run/${encodeURIComponent(`"><img src=x onerror=alert(1)>'&amp;`)}`]) {
      const tab = await openTab(browser, at(place), desk);
      const found = await tab.page.evaluate(
        `[document.images.length, document.scripts.length, document.querySelectorAll('b').length, document.title !== 'broken']`,
      );
      expect(found).toEqual([0, 1, 0, true]);
      expect(await tab.page.evaluate(`document.body.textContent.includes("</style><script>")`)).toBe(true);
      expect(tab.complaints).toEqual([]);
      await tab.page.close();
    }
    rmSync(directory, { recursive: true });
  });

  it("a report's scripts do not run, and nothing is loaded for it", async () => {
    const report = join(site.root, 'finished', 'report.html');
    const pixel = at('/page.css?stolen');
    writeFileSync(
      report,
      `<!doctype html><title>A report</title><style>h1 { color: rgb(1, 2, 3); }</style><h1>A report</h1>
       <script>document.title = 'ran'; fetch('/')</script><img src="${pixel}" onerror="document.title = 'ran'">`,
    );
    const tab = await openTab(browser, at('/file/finished/report.html'), desk);
    expect(
      await tab.page.evaluate(`[document.title, getComputedStyle(document.querySelector('h1')).color]`),
    ).toEqual(['A report', 'rgb(1, 2, 3)']);
    expect(tab.complaints.join('\n')).toContain('Content Security Policy');
    await tab.page.close();
  });

  it('says that the server is gone', async () => {
    const other = await openSite();
    const tab = await openTab(browser, new URL('/run/finished', other.server.url).href, desk);
    expect(await tab.page.evaluate(`document.querySelector('#offline').hidden`)).toBe(true);
    await other.close();
    await until(tab, `document.querySelector('#offline').hidden === false`);
    expect(await tab.page.evaluate(`document.body.textContent.includes(${JSON.stringify(secret)})`)).toBe(
      false,
    );
    await tab.page.close();
  });
});
