import { describe, expect, test, vi } from 'vitest';
import { endableWaits } from './endable-waits.js';

describe('waits that can be ended', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  test('follow what they wait for', async () => {
    const { follow } = endableWaits();
    expect(await follow(Promise.resolve(1))).toBe(1);
    await expect(follow(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  test('end all at once, and so do those that begin later', async () => {
    const { follow, end } = endableWaits();
    const waits = [follow(never()), follow(never())];
    end(new Error('lost'));
    for (const wait of [...waits, follow(never()), follow(Promise.resolve(1))])
      await expect(wait).rejects.toThrow('lost');
  });

  test("a promise that is rejected behind the end is nobody's unhandled rejection", async () => {
    const { follow, end } = endableWaits();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      let reject: (error: Error) => void = () => undefined;
      const wait = follow(new Promise((_, refuse) => (reject = refuse)));
      end(new Error('lost'));
      reject(new Error('late'));
      await expect(wait).rejects.toThrow('lost');
      await expect(follow(Promise.reject(new Error('later')))).rejects.toThrow('lost');
      await new Promise((turn) => setImmediate(turn));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});
