import { expect, test } from 'vitest';
import { bandOf } from './product.js';

test('a wide product is made in bands of equal width, a narrow one column by column', () => {
  expect([1, 4, 8].map(bandOf)).toEqual([1, 1, 1]);
  expect([9, 10, 16, 64, 128, 192].map(bandOf)).toEqual([3, 5, 8, 8, 8, 8]);
  for (let columns = 1; columns < 300; columns++) expect(columns % bandOf(columns)).toBe(0);
});
