import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nonfinite, operands, planStep, type PlannedDispatch } from './index.js';
import {
  kernelNamed,
  kernels,
  kernelSource,
  type KernelSource,
  packParams,
  productVariants,
  type ProductVariant,
} from '../kernels/index.js';
import { structBytes, structFields } from '../kernels/reflect.js';
import { kernelLimits } from '../gpu/traits.js';
import { checkGraph, evaluationGraph, trainingGraph } from '../model/index.js';
import { ceilingGraph } from '../profile/ceilings.js';
import { everyTraits, lavapipe } from '../kernels/testing/traits.js';

const shaders = new URL('../../shaders/', import.meta.url);
const bug = (part: object): unknown => expect.objectContaining({ kind: 'bug', ...part });

/** Whether a shader is built on the matrix product, and so exists once per variant. */
const isProduct = (name: string): boolean => includesProduct(`${name}.wgsl`);
function includesProduct(file: string): boolean {
  const text = readFileSync(new URL(file, shaders), 'utf8');
  const targets = [...text.matchAll(/^\/\/!include (\S+)$/gm)].map(([, target]) => target!);
  return targets.some((target) => target === 'product.wgsl' || includesProduct(target));
}
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
        trainingGraph(mlp, feed, { optimizer: 'sgd', clips: false }),
        trainingGraph(mlp, feed, { optimizer: 'sgd', clips: true }),
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

/** What a workgroup takes: invocations, bytes of workgroup memory, and those of its largest uniform table. */
function workgroupOf(
  { code, reflection }: KernelSource,
  constants: Readonly<Record<string, number>>,
): { readonly invocations: number; readonly bytes: number; readonly uniformBytes: number } {
  const text = code.replace(/\/\/[^\n]*/g, '');
  const count = (value: string): number =>
    parseInt(new RegExp(`const ${value} = (\\d+)u;`).exec(text)?.[1] ?? value) ||
    (constants[value] ?? reflection.overrides.get(value)!);
  const sizeOf = (type: string): number => {
    const [, element, length] = /^array<(.+),\s*(\w+)>$/.exec(type) ?? [];
    if (element !== undefined) return sizeOf(element) * count(length!);
    if (type in sizes) return sizes[type as keyof typeof sizes];
    return structBytes(structFields(type, text.replace('@align(16)', ''), type));
  };
  const [, size] = /@workgroup_size\(([^)]*)\)/.exec(text)!;
  const declared = (space: string): number[] =>
    [...text.matchAll(new RegExp(`var<${space}>\\s*\\w+\\s*:\\s*([^;]+);`, 'g'))].map(([, type]) =>
      sizeOf(type!),
    );
  return {
    invocations: size!.split(',').reduce((product, side) => product * count(side.trim()), 1),
    bytes: declared('workgroup').reduce((sum, each) => sum + each, 0),
    uniformBytes: Math.max(...declared('uniform')),
  };
}

const sizes = { f32: 4, u32: 4, vec4f: 16, vec4u: 16 } as const;

/** Operands whose size no other operand implies. */
const freeOperands: Readonly<Record<string, readonly string[]>> = {
  gather: ['images', 'labels', 'indices'],
  dense_forward_images: ['indices'],
  dense_softmax_cross_entropy: ['labels', 'indices', 'metrics'],
  dense_backward_parameters_images: ['images', 'indices'],
  dense_backward_parameters_images_adamw: ['images', 'indices'],
  dense_backward_parameters_images_sgd: ['images', 'indices'],
  dense_backward_layers_adamw: ['indices', 'arena0', 'arena1', 'arena2'],
  dense_backward_layers_sgd: ['indices', 'arena0', 'arena1', 'arena2'],
  gradient_norm: ['g'],
  reduce_metrics: ['metrics'],
  confusion: ['labels', 'indices', 'predicted', 'matrix'],
  nonfinite: ['x', 'flags'],
};

/** What reads the table of dropout. */
const dropping: readonly string[] = [
  'dropout_forward',
  'dropout_backward',
  'dense_forward',
  'dense_forward_images',
  'dense_backward_input_activation',
];

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
      const names = ['step', 'trials', ...(dropping.includes(name) ? ['dropouts'] : [])];
      expect(tables!.sort((a, b) => a.binding - b.binding)).toEqual(
        names.map((each, binding) => ({ group: 1, binding, name: each, access: 'uniform' })),
      );
    }
  });

  test('what a workgroup takes fits the limits that every adapter has', () => {
    for (const { configuration } of used) {
      const { variant, constants } = configuration;
      const { invocations, bytes, uniformBytes } = workgroupOf(kernelSource(name, variant), constants);
      expect(invocations).toBeGreaterThan(0);
      expect(invocations).toBeLessThanOrEqual(kernelLimits.maxComputeInvocationsPerWorkgroup);
      expect(bytes).toBeLessThanOrEqual(kernelLimits.maxComputeWorkgroupStorageSize);
      expect(uniformBytes).toBeLessThanOrEqual(kernelLimits.maxUniformBufferBindingSize);
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

  test('configure gives the fields of Params, no others, and only constants that the shader declares', () => {
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
