import { describe, expect, it } from 'vitest';
import { adapterAt, isIndex, openedInstead } from './listing.js';

const vulkan = (name: string) => ({ backend: 'vulkan', name });
const listed = ['NVIDIA A100', 'NVIDIA L4', 'NVIDIA L4', 'NVIDIA A10', 'llvmpipe'].map(vulkan);

describe('the index of an adapter', () => {
  it('is its place in the order of Dawn', () => {
    expect([0, 1, 4].map((index) => adapterAt(listed, index).name)).toEqual([
      'NVIDIA A100',
      'NVIDIA L4',
      'llvmpipe',
    ]);
  });

  it('is refused where Dawn would open another one of that name', () => {
    expect(listed.map((_, index) => openedInstead(listed, index))).toEqual([0, 1, 1, 0, 4]);
    expect(() => adapterAt(listed, 2)).toThrow('adapter 2 cannot be told apart from adapter 1');
    expect(() => adapterAt(listed, 3)).toThrow('adapter 3 cannot be told apart from adapter 0');
    expect(openedInstead([vulkan('GPU'), { backend: 'opengl', name: 'GPU' }], 1)).toBe(1);
  });

  it('is refused where there is none', () => {
    expect(() => adapterAt(listed, 5)).toThrow('there is no adapter 5');
    expect(() => adapterAt([], 0)).toThrow('there is no adapter 0');
  });

  it('has at most two digits: more are part of a name', () => {
    expect(['0', '12', '4090', 'L4', '-1', '1 ', ''].map(isIndex)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
