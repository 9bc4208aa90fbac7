/** A page that trains for long takes no more memory than one that has begun. */
import { expect, it } from 'vitest';
import { findChromium, type Page } from '../chromium.js';
import { isLong, longTimeout } from '../modes.js';
import { openLab, startIn } from './lab.js';

const path = findChromium();

/** Counts the buffers of the page's devices that were not destroyed. */
const countBuffers = `{
  globalThis.buffers = 0;
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (description) {
    buffers++;
    return createBuffer.call(this, description);
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    buffers--;
    destroy.call(this);
  };
}`;

it.skipIf(path === null || !isLong)(
  'memory is flat over 500 epochs, with a checkpoint after each',
  async () => {
    const lab = await openLab(path!);
    const { page } = await lab.open('single');
    await page.evaluate(countBuffers);
    const training = startIn(page, 'kept', { place: 'memory', epochs: 500, patience: null });
    const samples: { epoch: number; heap: number; buffers: number }[] = [];
    for (let next = 50; next < 500; next += 50) {
      await Promise.race([page.waitForFunction(`globalThis.epoch >= ${next}`, { polling: 20 }), training]);
      samples.push(await sample(page));
    }
    await training;
    console.log(
      samples.map((each) => `epoch ${each.epoch}: ${each.heap} bytes, ${each.buffers} buffers`).join('\n'),
    );
    const [first, last] = [samples[1]!, samples.at(-1)!];
    expect(last.epoch).toBeGreaterThan(400);
    // The history of each epoch stays: some hundred bytes.
    expect(last.heap - first.heap).toBeLessThan(2000 * (last.epoch - first.epoch));
    expect(last.buffers).toBeLessThanOrEqual(first.buffers);
    await lab.close();
  },
  longTimeout,
);

async function sample(page: Page): Promise<{ epoch: number; heap: number; buffers: number }> {
  const session = await page.createCDPSession();
  await session.send('HeapProfiler.collectGarbage');
  await session.detach();
  const [epoch, buffers] = (await page.evaluate('[epoch, buffers]')) as [number, number];
  return { epoch, buffers, heap: (await page.metrics()).JSHeapUsedSize! };
}
