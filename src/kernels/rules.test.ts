import { describe, expect, test } from 'vitest';
import type { AdapterTraits } from '../gpu/index.js';
import { productTiles, productVariant, productVariants, runnableVariants, updatesTogether } from './index.js';
import { shaderText } from './source.js';
import { everyTraits, hardware, lavapipe, plainSoftware, swiftshader } from './testing/traits.js';

describe('product variants', () => {
  const shape = { kernel: 'dense_forward', rows: 128, columns: 256, inner: 784 };
  const rows = (count: number) => ({ ...shape, rows: count });

  test('the product of an adapter for large matrices', () => {
    expect(productVariant(lavapipe)).toBe('subgroup8');
    expect(productVariant(plainSoftware)).toBe('register');
    expect(productVariant({ ...plainSoftware, subgroupSize: 4 })).toBe('register');
    expect(productVariant(hardware)).toBe('tile');
    expect(productVariant({ ...hardware, subgroupSize: 8 })).toBe('tile');
  });

  test('SwiftShader has a variant of its own, for any shape', () => {
    for (const subgroupSize of [4, 8, null])
      for (const count of [1, 16, 17, 128])
        expect(productVariant({ ...swiftshader, subgroupSize }, rows(count))).toBe('wide');
    const variants = Object.entries(everyTraits).filter(([, traits]) =>
      runnableVariants(traits).includes('wide'),
    );
    expect(variants.map(([name]) => name)).toEqual(['swiftshader', 'plainSoftware']);
  });

  test('software adapters: up to 16 rows take tiles of 8', () => {
    const chosen = (traits: AdapterTraits) =>
      [1, 16, 17, 128].map((count) => productVariant(traits, rows(count)));
    expect(chosen(lavapipe)).toEqual(['subgroup8_low', 'subgroup8_low', 'subgroup8', 'subgroup8']);
    expect(chosen(plainSoftware)).toEqual(['split', 'split', 'register', 'register']);
    // Only if there is something to split.
    expect(productVariant(plainSoftware, { ...rows(1), inner: 64 })).toBe('split');
    expect(productVariant(plainSoftware, { ...rows(1), inner: 63 })).toBe('register');
    expect(productVariant(lavapipe, { ...rows(1), inner: 1 })).toBe('subgroup8_low');
  });

  test('GPUs: few tiles are split, the more the longer their sums', () => {
    const square = (side: number, inner: number) => ({ ...shape, rows: side, columns: side, inner });
    // 8 x 8 tiles: 257 begins the ninth.
    expect(productVariant(hardware, square(256, 1))).toBe('split');
    expect(productVariant(hardware, square(257, 40))).toBe('tile');
    expect(productVariant(hardware, square(257, 41))).toBe('split');
    // 22 x 22 tiles, 23 x 23.
    expect(productVariant(hardware, square(704, 2000))).toBe('split');
    expect(productVariant(hardware, square(705, 2000))).toBe('tile');
  });

  test('GPUs: many large tiles are of 128', () => {
    const tall = { ...shape, columns: 1024, inner: 784 };
    expect(productVariant(hardware, { ...tall, rows: 24 * 128 })).toBe('tile');
    expect(productVariant(hardware, { ...tall, rows: 25 * 128 })).toBe('tile128');
    expect(productVariant(hardware, { ...tall, rows: 25 * 128 }, true)).toBe('tile');
  });

  test('kernels that need low tiles get a variant that has them', () => {
    for (const traits of Object.values(everyTraits)) {
      for (const count of [1, 100_000]) {
        expect(productTiles[productVariant(traits, rows(count), true)].rows).toBeLessThanOrEqual(32);
        for (const variant of productVariants) {
          const tuned = { ...traits, tuning: [{ variant }] };
          expect(productTiles[productVariant(tuned, rows(count), true)].rows).toBeLessThanOrEqual(32);
        }
      }
    }
  });

  test('the shaders make tiles of these rows', () => {
    for (const variant of productVariants)
      expect(shaderText(`lib/${variant}/product.wgsl`)).toContain(
        `const TILE_ROWS = ${productTiles[variant].rows}u;`,
      );
  });

  test('tuning comes first: the first entry that matches, if the adapter can run it', () => {
    const tuned = (tuning: NonNullable<AdapterTraits['tuning']>, traits = plainSoftware) =>
      productVariant({ ...traits, tuning }, shape);
    expect(tuned([{ variant: 'tile' }, { variant: 'split' }])).toBe('tile');
    expect(tuned([{ rows: 127, variant: 'tile' }, { variant: 'split' }])).toBe('split');
    for (const key of [{ kernel: 'other' }, { rows: 1 }, { columns: 1 }, { inner: 1 }])
      expect(tuned([{ ...key, variant: 'tile' }])).toBe('register');
    expect(tuned([{ ...shape, variant: 'tile' }])).toBe('tile');
    expect(tuned([{ variant: 'subgroup8' }])).toBe('register');
    expect(tuned([{ variant: 'no such variant' }])).toBe('register');
    expect(tuned([{ variant: 'register' }], lavapipe)).toBe('register');
  });

  test('an adapter can run every product that is chosen for it, and no 8-lane one without 8 lanes', () => {
    for (const traits of [...Object.values(everyTraits), { ...hardware, subgroupSize: 8 }]) {
      const runnable = runnableVariants(traits);
      for (const count of [1, 64, 4096]) expect(runnable).toContain(productVariant(traits, rows(count)));
      expect(runnable.includes('subgroup8')).toBe(traits.subgroupSize === 8);
      expect(runnable.includes('subgroup8_low')).toBe(traits.subgroupSize === 8);
    }
  });
});

describe('one dispatch for the updates of all layers', () => {
  const layer = (side: number) => ({ rows: side, columns: side });

  test('GPUs make it, software adapters do not', () => {
    const able = Object.entries(everyTraits).filter(([, traits]) => updatesTogether(traits, [layer(64)], 32));
    expect(able).toEqual([['hardware', hardware]]);
  });

  test('nor do GPUs with batches above 256', () => {
    expect(updatesTogether(hardware, [layer(64)], 256)).toBe(true);
    expect(updatesTogether(hardware, [layer(64)], 257)).toBe(false);
  });

  test('nor do GPUs where tiles of 128x128 of one layer are 200 or more', () => {
    expect(updatesTogether(hardware, [layer(8), { rows: 1792, columns: 1792 }], 32)).toBe(true);
    expect(updatesTogether(hardware, [layer(8), { rows: 1793, columns: 1792 }], 32)).toBe(false);
  });
});
