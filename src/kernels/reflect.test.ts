import { describe, expect, test } from 'vitest';
import { packParams, type ParamField } from './index.js';
import { reflect } from './reflect.js';
import { loadSource } from './source.js';

const bug = (part: object): unknown => expect.objectContaining({ kind: 'bug', ...part });

describe('reflect', () => {
  const head = 'struct Params { n: u32 }\n';

  test('reads bindings, parameters and overrides, and no comments', () => {
    const code = `
override WORKGROUP: u32 = 64u;
override SCALE: f32 = 1e-8;
override RELU: bool = false;
// override OLD: u32 = 1;
struct Params {
  rows: u32,  // padded, columns: u32
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
// @group(0) @binding(9) var<storage, read> old: array<vec4f>;
@group(0)@binding(2)var<storage,read_write>y:array<atomic<u32>>;
var<private> hidden: u32;
`;
    expect(reflect('some', code)).toEqual({
      bindings: [
        { group: 0, binding: 0, name: 'params', access: 'uniform' },
        { group: 0, binding: 1, name: 'x', access: 'read' },
        { group: 0, binding: 2, name: 'y', access: 'read_write' },
      ],
      params: [
        { name: 'rows', type: 'u32', offset: 0 },
        { name: 'scale', type: 'f32', offset: 4 },
      ],
      overrides: new Map([
        ['WORKGROUP', 64],
        ['SCALE', 1e-8],
        ['RELU', 0],
      ]),
    });
  });

  test.each(['size: vec2u', 'size: array<u32, 4>', 'size: i32', '@align(16) size: u32'])(
    'a parameter that is no plain u32 or f32 is refused: %s',
    (member) => {
      expect(() => reflect('some', `struct Params { ${member} }`)).toThrow(
        bug({ message: 'kernel some has a parameter that is neither u32 nor f32' }),
      );
    },
  );

  test('an array of structs gives the scalars of its elements', () => {
    const item = 'struct Item { a: u32, b: f32, c: u32, d: u32 }';
    const { params } = reflect('some', `${item} struct Params { items: array<Item, 2>, count: u32, }`);
    expect(params.map(({ name, offset }) => [name, offset])).toEqual([
      ['items[0].a', 0],
      ['items[0].b', 4],
      ['items[0].c', 8],
      ['items[0].d', 12],
      ['items[1].a', 16],
      ['items[1].b', 20],
      ['items[1].c', 24],
      ['items[1].d', 28],
      ['count', 32],
    ]);
    for (const other of [
      `${item} struct Params { count: u32, items: array<Item, 2> }`,
      'struct Item { a: u32 } struct Params { items: array<Item, 2> }',
    ])
      expect(() => reflect('some', other)).toThrow(
        bug({ message: 'kernel some has a parameter that is neither u32 nor f32' }),
      );
  });

  test('a kernel without Params is refused', () => {
    expect(() => reflect('some', 'struct Other { n: u32 }')).toThrow(
      bug({ message: 'kernel some declares no struct Params' }),
    );
    expect(reflect('some', head).params).toHaveLength(1);
  });
});

describe('packParams', () => {
  const fields: readonly ParamField[] = [
    { name: 'rows', type: 'u32', offset: 0 },
    { name: 'scale', type: 'f32', offset: 4 },
    { name: 'last', type: 'u32', offset: 8 },
  ];

  test('little-endian, at the offsets of the fields, in whole multiples of 16 bytes', () => {
    const view = new DataView(packParams('some', fields, { last: 0xffff_ffff, scale: -0.1, rows: 7 }));
    expect(view.byteLength).toBe(16);
    expect([view.getUint32(0, true), view.getFloat32(4, true), view.getUint32(8, true)]).toEqual([
      7,
      Math.fround(-0.1),
      0xffff_ffff,
    ]);
  });

  test('missing and unknown fields are named', () => {
    expect(() => packParams('some', fields, { rows: 1, columns: 2, last: 0 })).toThrow(
      bug({
        message: 'kernel some was given the wrong parameters',
        found: 'unknown: columns; missing: scale',
        expected: 'rows, scale, last',
      }),
    );
  });

  test.each([-1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])('%s is no u32', (last) => {
    expect(() => packParams('some', fields, { rows: 1, scale: 1, last })).toThrow(
      bug({ message: 'kernel some: parameter last is not a u32', found: String(last) }),
    );
  });
});

describe('sources', () => {
  test('includes are put in place once, and `enable` comes first', () => {
    const code = loadSource('dense_forward', 'subgroup8');
    expect(code.startsWith('enable subgroups;\n')).toBe(true);
    expect(code.match(/^fn philox\(/gm)).toHaveLength(1);
    expect(code.match(/^struct Trial /gm)).toHaveLength(1);
    expect(code).not.toContain('//!include');
    expect(loadSource('dense_forward', 'tile')).not.toContain('enable');
  });

  test('a product without a variant, and a shader that does not exist, are refused', () => {
    expect(() => loadSource('dense_forward', null)).toThrow(bug({}));
    const message = 'shaders/softplus.wgsl of this package cannot be read';
    expect(() => loadSource('softplus', null)).toThrow(bug({ message }));
  });
});
