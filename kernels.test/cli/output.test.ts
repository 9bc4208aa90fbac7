import { describe, expect, it } from 'vitest';
import { createOutput } from '../../src/cli/output.js';
import { capture } from './capture.js';

const make = (options: { json?: boolean; quiet?: boolean; columns?: number } = {}) => {
  const stdout = capture(options.columns);
  const stderr = capture(options.columns);
  const { json = false, quiet = false } = options;
  return { stdout, stderr, output: createOutput({ stdout, stderr, json, quiet }) };
};

describe('output', () => {
  it('puts text for people on stdout, and errors on stderr', () => {
    const { stdout, stderr, output } = make();
    output.info('info');
    output.result('result');
    output.event({ event: 'done' });
    output.error('error');
    expect(stdout.text()).toBe('info\nresult\n');
    expect(stderr.text()).toBe('error\n');
  });

  it('leaves stdout to one JSON object per line with --json', () => {
    const { stdout, stderr, output } = make({ json: true });
    output.info('info');
    output.event({ event: 'a', text: 'two\nlines' });
    output.result('result');
    output.event({ event: 'b' });
    expect(stdout.records()).toEqual([{ event: 'a', text: 'two\nlines' }, { event: 'b' }]);
    expect(stderr.text()).toBe('info\nresult\n');
  });

  it('keeps only results with --quiet', () => {
    const { stdout, output } = make({ quiet: true, columns: 80 });
    output.info('info');
    output.live('live');
    output.result('result');
    expect(stdout.text()).toBe('result\n');
    expect(output.isLive).toBe(false);
  });

  it('writes no live line into a pipe', () => {
    const { stdout, output } = make();
    output.live('live');
    output.clear();
    expect(stdout.text()).toBe('');
  });

  it('rewrites the live line in place, and removes it before other text', () => {
    const { stdout, output } = make({ columns: 80 });
    output.live('one');
    output.live('two');
    output.info('text');
    output.live('three');
    output.clear();
    output.clear();
    expect(stdout.text()).toBe('\r\u001b[Kone\r\u001b[Ktwo\r\u001b[Ktext\n\r\u001b[Kthree\r\u001b[K');
  });

  it('removes the live line before an error, which goes to another stream', () => {
    const { stdout, stderr, output } = make({ columns: 80 });
    output.live('live');
    output.error('error');
    expect(stdout.text()).toBe('\r\u001b[Klive\r\u001b[K');
    expect(stderr.text()).toBe('error\n');
  });

  it.each([
    [10, 9],
    [2, 1],
    [0, 79],
    [200, 120],
  ])('cuts the live line to a terminal of %i columns', (columns, shown) => {
    const { stdout, output } = make({ columns });
    output.live('x'.repeat(120));
    expect(stdout.text()).toBe(`\r\u001b[K${'x'.repeat(shown)}`);
  });

  it('shows the live line on stderr with --json', () => {
    const { stdout, stderr, output } = make({ json: true, columns: 80 });
    output.live('live');
    expect(stdout.text()).toBe('');
    expect(stderr.text()).toContain('live');
  });
});
