/**
 * Who uses the package reads its declarations and copies the code of the pages: each export says what it is,
 * and the code compiles.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url)).replaceAll('\\', '/');
const entry = at('../index.ts');

/** What the code of the pages takes as given. */
const given = `
  declare const images: Uint8Array, newImages: Uint8Array, labels: number[];
  declare const rgba: Uint8ClampedArray;
  declare const x: Float32Array, w: Float32Array, b: Float32Array;`;
const opened = "import { openGpu, runKernel } from 'wgsl-train'; const gpu = await openGpu();";

function snippetsOf(page: string): [string, string][] {
  const text = readFileSync(at(`../../${page}`), 'utf8');
  return [...text.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code], i) => [
    at(`${page.replaceAll(/\W/g, '-')}-${i}.ts`),
    `${code!.startsWith('import') ? '' : opened}${given}\n${code}`,
  ]);
}

const snippets = new Map([
  ...snippetsOf('README.md'),
  ...snippetsOf('docs/library.md'),
  [at('wrong.ts'), `${opened}${given} gpu.shut();`],
]);

/** The sources and the pages' code. Not strict: that code is JavaScript, for readers. */
const program = (() => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ['node', '@webgpu/types'],
    paths: { 'wgsl-train': [entry] },
    strict: false,
    skipLibCheck: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  const exists = host.fileExists.bind(host);
  host.readFile = (name) => snippets.get(name) ?? read(name);
  host.fileExists = (name) => snippets.has(name) || exists(name);
  return ts.createProgram([entry, ...snippets.keys()], options, host);
})();

it('every export is documented', () => {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
  const exported = checker.getExportsOfModule(module).map((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return { name: symbol.name, symbol: isAlias ? checker.getAliasedSymbol(symbol) : symbol };
  });
  expect(exported.length).toBeGreaterThan(40);
  const silent = exported
    .filter(({ symbol }) => symbol.getDocumentationComment(checker).length === 0)
    .map(({ name }) => name);
  expect(silent).toEqual([]);
});

it('the code of README.md and docs/library.md compiles, and code that does not is found', () => {
  expect(snippets.size).toBe(7);
  const errors = [...snippets.keys()].flatMap((name) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(name))
      .map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );
  expect(errors).toEqual([expect.stringMatching(/wrong\.ts: .*'shut' does not exist/)]);
});
