/** Training and predicting in Chromium on SwiftShader, with the library loaded in every way that there is. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { build as buildByVite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, openTab } from '../chromium.js';
import { swiftshaderMissing } from '../swiftshader.js';
import {
  openLab,
  pageOf,
  root,
  runIn,
  runner,
  runOnNode,
  scenarioModule,
  startScript,
  type Lab,
} from './lab.js';
import type { Trained } from './scenarios.js';

const path = findChromium();
if (swiftshaderMissing !== null) console.log(`skipped: equality with Node: ${swiftshaderMissing}`);

describe.skipIf(path === null)('the library in a browser', () => {
  /** A project that has the package among its own. */
  const project = mkdtempSync(join(tmpdir(), 'wgsl-train-bundled-'));
  let lab: Lab;
  beforeAll(async () => {
    mkdirSync(join(project, 'node_modules'));
    symlinkSync(root, join(project, 'node_modules', 'wgsl-train'), 'junction');
    const files = {
      'package.json': JSON.stringify({ type: 'module' }),
      'scenarios.js': scenarioModule,
      'runner.js': runner,
      'main.js': startScript('wgsl-train', '.'),
      'index.html': pageOf(`import './main.js'`),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text);
    lab = await openLab(path!, { folders: { 'project/': project } });
  });
  afterAll(async () => {
    await lab.close();
    rmSync(project, { recursive: true, force: true });
  });

  async function bundle(entry: string): Promise<void> {
    await build({
      entryPoints: [join(project, entry)],
      outdir: join(project, 'esbuild'),
      bundle: true,
      minify: true,
      format: 'esm',
      logLevel: 'error',
    });
  }

  /** Loads a page, runs a scenario in it, and expects that nothing complained. */
  async function run<S extends Parameters<typeof runIn>[1]>(
    page: string,
    name: S,
    options?: Parameters<typeof runIn<S>>[2],
  ): ReturnType<typeof runIn<S>> {
    const tab = await lab.open(page);
    const answer = await runIn(tab.page, name, options);
    expect(tab.complaints, page).toEqual([]);
    await tab.page.close();
    return answer;
  }

  let inPage: Trained;

  it('trains and predicts in a page, with one file', async () => {
    inPage = await run('single', 'training');
    expect(inPage.adapter).toMatch(/swiftshader/i);
    expect(inPage.losses.map(([before, after]) => after! < before!)).toEqual([true, true]);
    expect(inPage.probabilities.slice(0, 5).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
  });

  it('trains to the same bits in a worker', async () => {
    expect(await run('worker', 'training')).toEqual(inPage);
  });

  it('computes rightly, kernel by kernel, and all to the bits of Node on the same adapter', async () => {
    const { trained, checked, answers } = await run('modules', 'everything', {
      dist: '/node_modules/wgsl-train/dist/',
    });
    expect(trained).toEqual(inPage);
    expect(checked.worstShare).toBeLessThan(1);
    expect(checked.compared).toBeGreaterThan(1000);
    expect(Object.keys(answers)).toHaveLength(4);
    expect(answers.relu_forward!.map((y) => y >= 0)).not.toContain(false);
    if (swiftshaderMissing !== null) return;
    const onNode = await runOnNode('everything', { dist: pathToFileURL(join(root, 'dist/')).href });
    expect(onNode.trained.adapter).toMatch(/swiftshader/i);
    expect(trained.weightsSha256).toEqual(onNode.trained.weightsSha256);
    // The browser names the adapter in words of its own; the last bit of Math.exp is its engine's choice.
    const neither = { adapter: '', probabilities: [] };
    expect({ ...trained, ...neither }).toEqual({ ...onNode.trained, ...neither });
    for (const [i, p] of onNode.trained.probabilities.entries())
      expect(trained.probabilities[i]).toBeCloseTo(p, 14);
    expect(checked).toEqual(onNode.checked);
    expect(answers).toEqual(onNode.answers);
  });

  it('trains to the same bits when esbuild has bundled it', async () => {
    await bundle('main.js');
    writeFileSync(join(project, 'esbuild', 'index.html'), pageOf(`import './main.js'`));
    expect(await run('project/esbuild/index', 'training')).toEqual(inPage);
  });

  it('runs the first example of docs/browser.md, bundled', async () => {
    const [, example] = /```js\n([^]*?)```/.exec(readFileSync(join(root, 'docs', 'browser.md'), 'utf8'))!;
    expect(
      example!
        .trim()
        .split('\n')
        .filter((line) => line !== ''),
    ).toHaveLength(10);
    writeFileSync(join(project, 'example.js'), example!);
    await bundle('example.js');
    writeFileSync(join(project, 'esbuild', 'example.html'), pageOf(`import './example.js'`));
    const view = { width: 1000, height: 700 };
    const { page, complaints } = await openTab(
      lab.browser,
      `${lab.site.url}project/esbuild/example.html`,
      view,
    );
    // It says something after each of five epochs, and at its end.
    while (complaints.length < 6 && complaints.every((each) => each.startsWith('console log')))
      await setTimeout(50);
    for (const [i, said] of complaints.slice(0, 5).entries())
      expect(said).toMatch(new RegExp(`^console log: ${i + 1} [012]\\.\\d+$`));
    expect(complaints.slice(5)).toEqual([expect.stringMatching(/^console log: 0\.[5-9]\d* [a-z]+$/)]);
    await page.close();
  });

  it('trains to the same bits when vite has bundled it', async () => {
    await buildByVite({ root: project, base: './', logLevel: 'error', build: { outDir: 'vite' } });
    expect(await run('project/vite/index', 'training')).toEqual(inPage);
  });
});
