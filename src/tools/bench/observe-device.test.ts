/** Watching a device: that the program and the device see the same as without, and that nothing is missed. */
import { describe, expect, it } from 'vitest';
import { observeDevice, type ObservedDevice } from './observe-device.js';

/** A device that writes down what reaches it, and hands out objects that can be told apart. */
function fakeDevice() {
  const calls: unknown[][] = [];
  const made = (kind: string) => (descriptor: unknown) => {
    const object = { kind, descriptor };
    calls.push([kind, descriptor]);
    return object;
  };
  let compiled = (): void => undefined;
  const device = {
    createBuffer: made('buffer'),
    createShaderModule: made('module'),
    createComputePipelineAsync: async (descriptor: { readonly label: string }) => {
      calls.push(['pipeline', descriptor.label]);
      await new Promise<void>((resolve) => {
        const before = compiled;
        compiled = () => {
          before();
          resolve();
        };
      });
      if (descriptor.label === 'broken') throw new Error('no such entry point');
      return { kind: 'pipeline', label: descriptor.label };
    },
    queue: {
      writeBuffer: (...data: unknown[]) => {
        calls.push(['write', ...data]);
      },
      submit: (commands: unknown[]) => {
        calls.push(['submit', ...commands]);
      },
      onSubmittedWorkDone: () => {
        calls.push(['wait']);
        return Promise.resolve();
      },
    },
  };
  return {
    calls,
    device: device as unknown as ObservedDevice,
    compile: () => {
      compiled();
    },
  };
}

const buffer = { label: 'weights', size: 4, usage: 0 };

describe('observeDevice', () => {
  it('passes on what is asked and what is given', async () => {
    const { calls, device, compile } = fakeDevice();
    observeDevice(device);
    const made: unknown = device.createBuffer(buffer);
    expect(made).toEqual({ kind: 'buffer', descriptor: buffer });
    device.queue.writeBuffer(made as GPUBuffer, 4, new Uint8Array(8), 2, 6);
    const module = device.createShaderModule({ code: 'fn main' });
    const pipeline = device.createComputePipelineAsync({ label: 'a', layout: 'auto', compute: { module } });
    compile();
    expect(await pipeline).toEqual({ kind: 'pipeline', label: 'a' });
    device.queue.submit([]);
    expect(calls.map(([kind]) => kind)).toEqual(['buffer', 'write', 'module', 'pipeline', 'submit', 'wait']);
    expect(calls[1]).toEqual(['write', made, 4, new Uint8Array(8), 2, 6]);
  });

  it('counts uploads until the first submit, and waits for that one only', async () => {
    const { calls, device } = fakeDevice();
    const log = observeDevice(device);
    const made = device.createBuffer(buffer);
    device.queue.writeBuffer(made, 0, new Uint8Array(4));
    expect(log).toMatchObject({ submitted: null, finished: null });
    device.queue.submit([]);
    await Promise.resolve();
    const { submitted, finished } = log;
    device.queue.writeBuffer(made, 0, new Uint8Array(4));
    device.queue.submit([]);
    await Promise.resolve();
    expect(log.uploads).toHaveLength(2);
    for (const { start, end } of log.uploads) expect(end).toBeGreaterThanOrEqual(start);
    expect(finished).toBeGreaterThanOrEqual(submitted!);
    expect(log).toMatchObject({ submitted, finished });
    expect(calls.filter(([kind]) => kind === 'wait')).toHaveLength(1);
  });

  it('counts a pipeline from its shader on; those that fail are no pipelines', async () => {
    const { device, compile } = fakeDevice();
    const log = observeDevice(device);
    const asked = performance.now();
    const [first, second] = ['a', 'b'].map((code) => device.createShaderModule({ code }));
    const later = performance.now();
    const pipelines = Promise.allSettled([
      device.createComputePipelineAsync({ label: 'a', layout: 'auto', compute: { module: first! } }),
      device.createComputePipelineAsync({ label: 'broken', layout: 'auto', compute: { module: second! } }),
    ]);
    compile();
    expect((await pipelines).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(log.pipelines).toHaveLength(1);
    expect(log.pipelines[0]!.start).toBeGreaterThanOrEqual(asked);
    expect(log.pipelines[0]!.start).toBeLessThanOrEqual(later);
  });
});
