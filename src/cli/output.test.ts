import { describe, expect, it } from 'vitest';
import { createOutput } from './output.js';
import { capture } from '../testing/capture.js';
import { createScreen } from './testing/screen.js';

const make = (
  options: { json?: boolean; quiet?: boolean; columns?: number; env?: Record<string, string> } = {},
) => {
  const stdout = capture(options.columns);
  const stderr = capture(options.columns);
  const { json = false, quiet = false, env = {} } = options;
  return { stdout, stderr, output: createOutput({ stdout, stderr, json, quiet, env }) };
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
    const { stdout, stderr, output } = make({ columns: 80, env: { NO_COLOR: '1' } });
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

  it('leaves the live line alone where events go into a file', () => {
    const [stdout, stderr] = [capture(), capture(80)];
    const output = createOutput({ stdout, stderr, json: true, quiet: false, env: {} });
    output.live('live');
    output.event({ event: 'a' });
    expect(stderr.text()).toBe('\r\u001b[Klive');
    expect(stdout.text()).toBe('{"event":"a"}\n');
  });

  it.each([{ CI: 'true' }, { CI: '1' }, { TERM: 'dumb' }])('writes no live line with %j', (env) => {
    const { stdout, output } = make({ columns: 80, env });
    expect(output.isLive).toBe(false);
    output.live('live');
    output.info('info');
    expect(stdout.text()).toBe('info\n');
  });

  it.each([{ CI: '' }, { CI: 'false' }, { CI: '0' }, { TERM: 'xterm' }])('writes it with %j', (env) => {
    expect(make({ columns: 80, env }).output.isLive).toBe(true);
  });

  it.each([
    ['NO_COLOR', { columns: 80, env: { NO_COLOR: '1' } }],
    ['a terminal that cannot', { columns: 80, env: { TERM: 'dumb' } }],
    ['a pipe', { env: { FORCE_COLOR: '1' } }],
  ])('does not colour: %s', (_, how) => {
    const { stdout, stderr, output } = make(how);
    output.info('info');
    output.live('live');
    output.result(output.bold('result'));
    output.error('error');
    const sequences = (stdout.text() + stderr.text()).split('\u001b[').slice(1);
    expect(sequences.filter((text) => /^[\d;]*m/.test(text))).toEqual([]);
  });

  it('colours the first line of errors and warnings on a terminal, and makes headings bold', () => {
    const { stdout, stderr, output } = make({ columns: 80 });
    output.error('no\n  remedy: yes');
    output.error('warning: odd');
    output.result(output.bold('heading'));
    expect(stderr.text()).toBe('\u001b[31mno\u001b[39m\n  remedy: yes\n\u001b[33mwarning: odd\u001b[39m\n');
    expect(stdout.text()).toBe('\u001b[1mheading\u001b[22m\n');
  });

  it('asks how wide the terminal is each time', () => {
    const { stdout, output } = make({ columns: 80 });
    const rooms: number[] = [];
    for (const columns of [80, 20, 300]) {
      Object.assign(stdout, { columns });
      output.live((room) => {
        rooms.push(room);
        return '';
      });
    }
    expect(rooms).toEqual([79, 19, 299]);
  });

  it('leaves nothing behind when the terminal gets narrower or wider', () => {
    const screen = createScreen(100);
    const output = createOutput({ stdout: screen, stderr: screen, json: false, quiet: false, env: {} });
    output.info('before');
    for (const columns of [100, 20, 37, 300, 21, 33, 20, 150, 99, 49, 25, 20]) {
      screen.resize(columns);
      output.live((room) => 'x'.repeat(room));
      expect(screen.lines()).toEqual(['before', 'x'.repeat(columns - 1)]);
    }
    screen.resize(7);
    output.info('after');
    output.live('short');
    output.clear();
    expect(screen.lines()).toEqual(['before', 'after', '']);
  });
});
