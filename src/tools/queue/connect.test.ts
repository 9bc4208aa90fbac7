import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('bullmq');
});

it('a package that is missing is named, with what installs it', async () => {
  vi.doMock('bullmq', () => {
    throw new Error("Cannot find package 'bullmq'");
  });
  const { loadBullmq } = await import('./connect.js');
  await expect(loadBullmq()).rejects.toMatchObject({
    kind: 'usage',
    message: 'a queue needs the package bullmq, which cannot be loaded',
    remedy: 'npm install bullmq@5.81.5',
  });
});
