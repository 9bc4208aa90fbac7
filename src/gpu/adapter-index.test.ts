/** Indices of adapters on real drivers: lavapipe, lavapipe again, and SwiftShader where chromium has it. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeAdapter, requestAdapter } from './adapter.js';
import { listAdapters } from './listing.js';

const lavapipe = ['/usr/share/vulkan/icd.d/lvp_icd.json', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json'].find(
  existsSync,
);
const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (lavapipe === undefined) console.warn('skipped: adapters by index need lavapipe');
else if (!existsSync(swiftshader))
  console.warn("skipped: adapters by index need chromium's SwiftShader, too");

describe.skipIf(lavapipe === undefined)('adapters by index', () => {
  const before = process.env.VK_DRIVER_FILES;
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-drivers-'));
  afterAll(() => {
    if (before === undefined) delete process.env.VK_DRIVER_FILES;
    else process.env.VK_DRIVER_FILES = before;
    rmSync(folder, { recursive: true, force: true });
  });
  const opened = async (adapter: string): Promise<string> =>
    describeAdapter((await requestAdapter({ adapter })).info);

  it.skipIf(!existsSync(swiftshader))('are opened each by its own', async () => {
    process.env.VK_DRIVER_FILES = `${lavapipe}:${swiftshader}`;
    const names = (await listAdapters()).map(({ name }) => name);
    expect(names).toHaveLength(2);
    const isSwiftshader = [await opened('0'), await opened('1')].map((text) => /swiftshader/i.test(text));
    expect(isSwiftshader).toEqual(names.map((name) => /swiftshader/i.test(name)));
    expect(new Set(isSwiftshader).size).toBe(2);
    await expect(requestAdapter({ adapter: '2' })).rejects.toThrow('there is no adapter 2');
  });

  it('are refused where Dawn cannot tell them apart', async () => {
    const copy = join(folder, 'copy.json');
    copyFileSync(lavapipe!, copy);
    process.env.VK_DRIVER_FILES = `${lavapipe}:${copy}`;
    const [first, second, ...more] = await listAdapters();
    expect(more).toEqual([]);
    expect(second).toEqual(first);
    expect(await opened('0')).toMatch(/llvmpipe/);
    await expect(requestAdapter({ adapter: '1' })).rejects.toMatchObject({ exitCode: 69 });
  });
});
