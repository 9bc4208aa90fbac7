/** The package has one face: what it exports in a browser has the names and the types of what Node has. */
import ts from 'typescript';
import { fileURLToPath } from 'node:url';
import { expect, expectTypeOf, it } from 'vitest';
import type * as browser from '../browser.js';
import type * as node from '../index.js';

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
