import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { openGpu, type Gpu } from '../gpu/index.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.close();
});

/** The device, but the pipelines of some kernels cannot be made; those of others take until the next turn. */
function withoutPipelines(refused: (kernel: string) => boolean): Gpu {
  const pipelines: Gpu['pipelines'] = async (source) => {
    if (refused(source.label)) throw new EngineError('gpu', `kernel ${source.label} does not compile`);
    await new Promise((turn) => {
      setImmediate(turn);
    });
    return gpu.pipelines(source);
  };
  const broken: Gpu = new Proxy(gpu, {
    get: (target, key) => {
      // Else the device itself would be the one that is large enough.
      if (key === 'forBuffers') return () => Promise.resolve(broken);
      const value: unknown = key === 'pipelines' ? pipelines : Reflect.get(target, key, target);
      return typeof value === 'function' && key !== 'pipelines' ? (value.bind(target) as unknown) : value;
    },
  });
  return broken;
}

describe('a training whose kernels do not compile', () => {
  const dataset = tinyDataset();

  test.each(['dense_forward_images', 'dense_softmax_cross_entropy', 'confusion', 'nonfinite'])(
    'leaves nothing on the device: %s',
    async (kernel) => {
      const broken = withoutPipelines((label) => label.startsWith(kernel));
      await expect(train(broken, dataset, [trial()])).rejects.toThrow(`kernel ${kernel}`);
      expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
    },
  );

  test('and with pipelines it trains', async () => {
    const [result] = await train(
      withoutPipelines(() => false),
      dataset,
      [trial()],
    );
    expect(result!.history).toHaveLength(3);
    expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
  });
});
