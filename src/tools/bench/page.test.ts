/** This project's own step in a real page, as `bench.js --browser` starts it. */
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { findChromium as findForTests } from '../../testing/chromium.js';
import { findChromium, softwareBrowser } from './chromium.js';
import { contenders, programOf, stepRequest } from './contenders.js';
import { startContender } from './process.js';

/** The packages that tests of pages use stand in for those that the command installs. */
const packages = fileURLToPath(new URL('../../../', import.meta.url));

afterEach(() => {
  vi.unstubAllEnvs();
});

it.runIf(findForTests())('trains in Chromium, and ends with its input', async () => {
  const [own] = contenders({ peers: false, browser: true });
  const args = [programOf(own!), JSON.stringify(stepRequest(8, 1, { packages, browser: softwareBrowser() }))];
  const running = await startContender({ command: process.execPath, args, limitMs: 60_000 });
  try {
    expect(running.facts).toMatchObject({ runsOn: 'swiftshader' });
    const answer = await running.run(3);
    expect(answer).toMatchObject({ steps: 3 });
    // Ten classes that nothing is known of.
    expect(Math.abs(answer.loss! - Math.log(10))).toBeLessThan(1);
    expect(answer.cpuMs).toBeGreaterThan(0);
  } finally {
    const started = performance.now();
    await running.stop();
    expect(performance.now() - started).toBeLessThan(3000);
  }
});

it('says where to get a browser where there is none', () => {
  vi.stubEnv('CHROMIUM', '/no/such/browser');
  expect(findChromium).toThrow(
    expect.objectContaining({
      kind: 'usage',
      found: 'CHROMIUM=/no/such/browser, which cannot be run',
      remedy: expect.stringContaining('CHROMIUM') as unknown,
    }),
  );
});

it('the programs of a page are those of Node that have one', () => {
  const programs = contenders({ peers: true, browser: true }).map(({ program }) => program);
  expect(programs).toEqual(['page/wgsl-train.js', 'page/tfjs-webgpu.js', 'page/jax.js']);
});

it('a page needs its tools beside the packages of a peer', () => {
  const needs = contenders({ peers: true, browser: true }).map((each) => each.needs);
  expect(needs).toMatchObject([
    { name: 'wgsl-train-page', packages: { esbuild: expect.any(String) as unknown } },
    { packages: { '@tensorflow/tfjs-core': '4.22.0', 'puppeteer-core': expect.any(String) as unknown } },
    { packages: { '@jax-js/jax': '0.1.25', esbuild: expect.any(String) as unknown } },
  ]);
});
