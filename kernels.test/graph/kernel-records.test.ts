import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { AdapterTraits } from '../../src/gpu/index.js';
import { nonfinite, operands, planStep, type PlannedDispatch } from '../../src/graph/index.js';
import {
  kernelNamed,
  kernels,
  kernelSource,
  packParams,
  productTiles,
  productVariant,
  productVariants,
  runnableVariants,
  type ParamField,
  type ProductVariant,
} from '../../src/kernels/index.js';
import { reflect } from '../../src/kernels/reflect.js';
import { loadSource } from '../../src/kernels/source.js';
import { checkGraph, evaluationGraph, trainingGraph } from '../../src/model/index.js';
import { ceilingGraph } from '../../src/train/profile-ceilings.js';
import { everyTraits, hardware, lavapipe, plainSoftware } from './traits.js';

const shaders = new URL('../../shaders/', import.meta.url);
const bug = (part: object): unknown => expect.objectContaining({ kind: 'bug', ...part });

/** Whether a shader is built on the matrix product, and so exists once per variant. */
const isProduct = (name: string): boolean =>
  readFileSync(new URL(`${name}.wgsl`, shaders), 'utf8').includes('//!include product.wgsl');
const variantsOf = (name: string): readonly (ProductVariant | null)[] =>
  isProduct(name) ? productVariants : [null];

/** Every dispatch of every program of the engine: fused or not, for every kind of adapter. */
const dispatches = ((): readonly PlannedDispatch[] => {
  const mlp = { inputs: 10, hidden: [9, 6], classes: 3, dropout: true };
  const feed = { samples: 20, indices: 16, batch: 5, slots: 4 };
  // Gradients that somebody looks at are not fused with their updates.
  const watched = trainingGraph(mlp, feed);
  nonfinite(watched, watched.arenas!.gradients);
  const tuned = productVariants.map((variant) => ({ ...lavapipe, tuning: [{ variant }] }));
  return [...Object.values(everyTraits), ...tuned].flatMap((traits) =>
    [true, false].flatMap((fuse) =>
      [
        trainingGraph(mlp, feed),
        watched,
        evaluationGraph(mlp, feed),
        checkGraph(mlp),
        ceilingGraph('ceiling_fma', 20, { rounds: 2 }),
        ceilingGraph('ceiling_copy', 20),
      ].flatMap((graph) => planStep(graph, traits, { trials: 2, fuse }).dispatches),
    ),
  );
})();

describe('registry', () => {
  test('every file in shaders/ has a record of its name, and every record a file', () => {
    const files = readdirSync(shaders).flatMap((file) => (file.endsWith('.wgsl') ? [file.slice(0, -5)] : []));
    expect(kernels.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  test('the engine uses every kernel, and every variant of the product', () => {
    expect(new Set(dispatches.map(({ op }) => op.kernel))).toEqual(new Set(kernels.map(({ name }) => name)));
    const used = new Set(dispatches.map(({ configuration }) => configuration.variant));
    expect(used).toEqual(new Set([null, ...productVariants]));
  });

  test('an unknown kernel is refused', () => {
    expect(() => kernelNamed('softplus')).toThrow(bug({ message: 'there is no kernel softplus' }));
  });
});

/** Operands whose size no other operand implies. */
const freeOperands: Readonly<Record<string, readonly string[]>> = {
  gather: ['images', 'labels', 'indices'],
  dense_forward_images: ['indices'],
  dense_softmax_cross_entropy: ['labels', 'indices', 'metrics'],
  dense_backward_parameters_images: ['images', 'indices'],
  dense_backward_parameters_images_adamw: ['images', 'indices'],
  reduce_metrics: ['metrics'],
  confusion: ['labels', 'indices', 'predicted', 'matrix'],
  nonfinite: ['x', 'flags'],
};

describe.each(kernels.map(({ name }) => name))('%s', (name) => {
  const used = dispatches.filter(({ op }) => op.kernel === name);

  test('bindings: Params first, then storage without gaps, at most eight; the tables in group 1', () => {
    for (const variant of variantsOf(name)) {
      const { bindings } = kernelSource(name, variant).reflection;
      const [tensors, tables] = [0, 1].map((group) => bindings.filter((binding) => binding.group === group));
      expect(tensors!.map(({ binding }) => binding)).toEqual([...tensors!.keys()]);
      expect(tensors![0]).toMatchObject({ name: 'params', access: 'uniform' });
      const storage = tensors!.slice(1);
      expect(storage.length).toBeGreaterThan(0);
      expect(storage.length).toBeLessThanOrEqual(8);
      for (const { access } of storage) expect(access).not.toBe('uniform');
      expect(tables).toEqual([
        { group: 1, binding: 0, name: 'step', access: 'uniform' },
        { group: 1, binding: 1, name: 'trials', access: 'uniform' },
      ]);
    }
  });

  test('every op gives each binding a tensor, and writes where the shader may write', () => {
    for (const { op, configuration } of used) {
      const { bindings } = kernelSource(name, configuration.variant).reflection;
      const named = (access: string): string[] =>
        bindings
          .filter((each) => each.group === 0 && each.access === access)
          .map((each) => each.name)
          .sort();
      expect(Object.keys(op.reads).sort(), op.name).toEqual(named('read'));
      expect(Object.keys({ ...op.writes, ...op.updates }).sort(), op.name).toEqual(named('read_write'));
      expect(new Set(operands(op).map(([binding]) => binding)).size).toBe(operands(op).length);
    }
  });

  test('configure gives every field of Params and no other, and only constants that the shader declares', () => {
    for (const { configuration } of used) {
      const { params, overrides } = kernelSource(name, configuration.variant).reflection;
      expect(packParams(name, params, configuration.params).byteLength % 16).toBe(0);
      for (const constant of Object.keys(configuration.constants)) {
        expect([...overrides.keys()]).toContain(constant);
      }
    }
  });

  test('a variant is chosen if and only if the shader is built on the product', () => {
    for (const { configuration } of used) expect(configuration.variant !== null).toBe(isProduct(name));
  });

  test('operands whose shapes do not fit together are refused, naming the kernel', () => {
    for (const { op } of used) {
      const given = new Map(
        operands(op).map(([binding, tensor]) => [binding, { ...tensor, trialStride: 64 }] as const),
      );
      const call = (changed: typeof given): void => {
        kernelNamed(name).configure(
          { operands: Object.fromEntries(changed), attributes: op.attributes },
          lavapipe,
        );
      };
      expect(() => {
        call(given);
      }).not.toThrow();
      for (const [binding, operand] of given) {
        if (freeOperands[name]?.includes(binding) === true) continue;
        const wrong = { ...operand, rows: operand.rows + 1, columns: operand.columns + 1 };
        expect(() => {
          call(new Map(given).set(binding, wrong));
        }, `${name} with ${binding} too large`).toThrow(
          bug({ message: expect.stringContaining(name) as string }),
        );
      }
    }
  });

  test('a missing operand is refused by name', () => {
    const call = { operands: {}, attributes: {} };
    expect(() => kernelNamed(name).configure(call, lavapipe)).toThrow(
      bug({ message: expect.stringMatching(`kernel ${name} was called without its operand`) as string }),
    );
  });
});

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
    expect(() => loadSource('softplus', null)).toThrow(
      bug({ message: 'shader softplus.wgsl cannot be read' }),
    );
  });
});

describe('rules', () => {
  const shape = { kernel: 'dense_forward', rows: 128, columns: 256, inner: 784 };
  const rows = (count: number) => ({ ...shape, rows: count });

  test('the product of an adapter for large matrices', () => {
    expect(productVariant(lavapipe)).toBe('subgroup8');
    expect(productVariant(plainSoftware)).toBe('register');
    expect(productVariant({ ...plainSoftware, subgroupSize: 4 })).toBe('register');
    expect(productVariant(hardware)).toBe('tile');
    expect(productVariant({ ...hardware, subgroupSize: 8 })).toBe('tile');
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

  test('GPUs: fewer than 64 tiles of long sums are split', () => {
    const square = (side: number, inner: number) => ({ ...shape, rows: side, columns: side, inner });
    expect(productVariant(hardware, square(224, 64))).toBe('split');
    expect(productVariant(hardware, square(224, 63))).toBe('tile');
    // 8 x 8 tiles: 225 begins the eighth.
    expect(productVariant(hardware, square(225, 64))).toBe('tile');
  });

  test('kernels that need whole tiles get a variant that has them', () => {
    for (const traits of Object.values(everyTraits)) {
      expect(productTiles[productVariant(traits, rows(1), true)].rows).toBe(32);
      for (const variant of productVariants) {
        const tuned = { ...traits, tuning: [{ variant }] };
        expect(productTiles[productVariant(tuned, rows(1), true)].rows).toBe(32);
      }
    }
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
