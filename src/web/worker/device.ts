/** The GPU, and what happens when it is lost. */
import { EngineError, openGpu, type Gpu } from '../../browser.js';

export interface Device {
  /** The open device. @throws EngineError `no-adapter` */
  readonly gpu: () => Promise<Gpu>;
  /** Does something with the device; once more on a new one if it is lost meanwhile. */
  readonly use: <T>(work: (gpu: Gpu) => Promise<T>) => Promise<T>;
  /** Opens a new device in place of one that was lost, and says so. */
  readonly reopen: (lost: Gpu) => Promise<Gpu>;
}

/** A process of the GPU that crashed takes a moment to start again. */
const attempts = 5;
const pauseMs = 500;

export function isLost(error: unknown): boolean {
  return error instanceof EngineError && error.kind === 'device-lost';
}

export function createDevice(tellNotice: (text: string) => void): Device {
  let opening: Promise<Gpu> | null = null;
  const gpu = (): Promise<Gpu> => {
    opening ??= openGpu();
    return opening;
  };
  let replaced = new WeakSet<Gpu>();
  const reopen = async (lost: Gpu): Promise<Gpu> => {
    // Of several that noticed the loss, the first one opens.
    if (!replaced.has(lost)) {
      replaced = new WeakSet([lost]);
      opening = openAgain(lost).then((opened) => {
        tellNotice(`The GPU was lost, and was opened again: ${opened.description}.`);
        return opened;
      });
    }
    return gpu();
  };
  return {
    gpu,
    reopen,
    use: async (work) => {
      const first = await gpu();
      try {
        return await work(first);
      } catch (error) {
        if (!isLost(error)) throw error;
        return await work(await reopen(first));
      }
    },
  };
}

async function openAgain(lost: Gpu): Promise<Gpu> {
  lost.close();
  for (let attempt = 1; ; attempt++)
    try {
      return await openGpu();
    } catch (error) {
      if (attempt === attempts) throw error;
      await new Promise((done) => setTimeout(done, pauseMs));
    }
}
