/** What the library takes into a page: no module of Node's, few packages, and the names that Node has. */
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import ts from 'typescript';
import { expect, expectTypeOf, it } from 'vitest';
import type * as browser from '../browser.js';
import type * as node from '../index.js';

/** Packages that the entry may load, and those that it may load where a program asks for what needs them. */
const allowed = ['@noble/hashes', 'fflate', 'valibot'];
const allowedLate = [...allowed, '@bufbuild/protobuf'];

/** All modules that the entry leads to, by esbuild. It refuses modules of Node's. */
async function modules(): Promise<Metafile['inputs']> {
  const { metafile } = await build({
    entryPoints: ['src/browser.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    conditions: ['@wgsl-train/source', 'browser'],
    // The build makes it.
    plugins: [
      {
        name: 'package-texts',
        setup: (bundler) => {
          bundler.onResolve({ filter: /\/package-texts\.js$/ }, ({ path }) => ({ path, external: true }));
        },
      },
    ],
    logLevel: 'silent',
  });
  return metafile.inputs;
}

/** The packages among what the entry leads to. @param late whether `import()` is followed, too */
function packages(inputs: Metafile['inputs'], late: boolean): string[] {
  const found = new Set<string>(['src/browser.ts']);
  for (const path of found)
    for (const each of inputs[path]!.imports)
      if (each.external !== true && (late || each.kind !== 'dynamic-import')) found.add(each.path);
  const names = [...found].flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}

it('leads to no module of Node, and to few packages', async () => {
  const inputs = await modules();
  expect(packages(inputs, false)).toEqual(allowed);
  expect(packages(inputs, true)).toEqual(allowedLate.sort());
  const rooms = new Set(Object.keys(inputs).map((path) => /^src\/(\w+)\//.exec(path)?.[1]));
  for (const room of ['cli', 'tools', 'report']) expect(rooms).not.toContain(room);
});

it('exports values of the same types in both places', () => {
  // The compiler decides: another type does not compile.
  expectTypeOf<typeof browser>().toEqualTypeOf<typeof node>();
});

it('exports the same names, types included, in both places', () => {
  const [index, browserEntry] = ['../index.ts', '../browser.ts'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const program = ts.createProgram([index!, browserEntry!], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ['@wgsl-train/source'],
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const names = (path: string): string[] => {
    const symbol = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
    return checker
      .getExportsOfModule(symbol)
      .map(({ name }) => name)
      .sort();
  };
  expect(names(browserEntry!)).toEqual(names(index!));
  expect(names(index!)).toContain('TrainOptions');
});
