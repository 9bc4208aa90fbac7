import { describe, expect, it } from 'vitest';
import { alignedTable, wrap } from './text.js';

describe('tables', () => {
  const rows = [
    ['name', 'a', 'long heading'],
    ['x', '12', '3'],
  ];
  it('align', () => {
    expect(alignedTable(rows)).toBe('name   a  long heading\nx     12             3');
  });
  it('give a long first cell a line of its own', () => {
    const long = [...rows, ['a very long name', '4', '5']];
    expect(alignedTable(long, { gap: ' ', columns: 20 })).toBe(
      'name  a long heading\nx    12            3\na very long name\n      4            5',
    );
  });
});

describe('wrap', () => {
  it('breaks at spaces and indents what follows', () => {
    expect(wrap('- one two three four', 10, '  ')).toBe('- one two\n  three\n  four');
  });
  it('leaves long words whole', () => {
    expect(wrap('a bbbbbbbbbbbbbbb c', 5)).toBe('a\nbbbbbbbbbbbbbbb\nc');
  });
  it('changes nothing that fits', () => {
    expect(wrap('short', 10)).toBe('short');
  });
});
