/**
 * The rules of the project's structure, as data and pure checks over file texts: who may import whom, who may print, what a shader
 * starts with. Each check gives one line per violation, so that it can be shown to find what it is for.
 */
import { posix } from 'node:path';
import ts from 'typescript';

/**
 * Which room may import which other rooms of src/, besides itself and `base`.
 *
 * `base` holds what has no layer because every layer needs it (errors with their exit codes, the counter-based generator): it
 * imports nothing, so reaching it from anywhere makes no circle and hides no dependency.
 * `index` is src/index.ts, what the package exports: the engine without its command line.
 */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  base: [],
  gpu: [],
  data: [],
  formats: [],
  kernels: ['gpu'],
  graph: ['kernels', 'gpu'],
  model: ['graph', 'kernels', 'gpu'],
  train: ['model', 'graph', 'kernels', 'gpu', 'data', 'formats'],
  experiments: ['train', 'model', 'graph', 'kernels', 'gpu', 'data'],
  report: ['experiments', 'train', 'model', 'graph', 'kernels', 'gpu'],
  runs: ['experiments', 'train', 'formats'],
  cli: ['runs', 'experiments', 'report', 'train', 'model', 'graph', 'kernels', 'gpu', 'data', 'formats'],
  library: ['runs', 'experiments', 'train', 'model', 'graph', 'kernels', 'gpu', 'data', 'formats'],
  index: [
    'library',
    'runs',
    'experiments',
    'report',
    'train',
    'model',
    'graph',
    'kernels',
    'gpu',
    'data',
    'formats',
  ],
  scripts: ['cli'],
};

/**
 * The owner of Dawn; set-up's probe, which has to run before anything is built; and what lends it to libraries that are measured
 * beside this project.
 */
const mayImportWebgpu = /^(src\/gpu\/|scripts\/lib\/find-adapter\.js$|scripts\/peers\/lib\/webgpu\.js$)/;

/** What a person runs or the package exports, and so must do with package.json's `dependencies`. */
const isShipped = /^(src|scripts)\//;

/** A module (TypeScript or JavaScript): its path from the repository root, with `/`, and its text. */
export interface Module {
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The module that a relative specifier leads to; the built file counts as its source. */
  readonly to: string | undefined;
}

/** Every import, export-from, `import()` and import type of the modules, as the TypeScript compiler sees them. */
function importsOf(modules: readonly Module[]): readonly Import[] {
  const known = new Set(modules.map(({ path }) => path));
  return modules.flatMap(({ path: from, text }) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => {
      const joined = posix.join(posix.dirname(from), specifier).replace(/^dist\//, 'src/');
      const to = [joined.replace(/\.js$/, '.ts'), joined].find((path) => known.has(path));
      return { from, specifier, to: specifier.startsWith('.') ? to : undefined };
    }),
  );
}

/** The room of a module: the folder in src/, `index`, `scripts`, `tests` or `reference`; undefined where nothing has a place. */
function roomOf(path: string): string | undefined {
  const [top, folder, ...deeper] = path.split('/');
  if (top === 'scripts') return 'scripts';
  if (top === 'kernels.test')
    return folder === 'reference' && !path.endsWith('.test.ts') ? 'reference' : 'tests';
  if (path === 'src/index.ts') return 'index';
  const isRoom =
    top === 'src' && deeper.length > 0 && folder !== undefined && Object.hasOwn(mayImport, folder);
  return isRoom && folder !== 'index' && folder !== 'scripts' ? folder : undefined;
}

/** Modules that lie in none of the rooms. */
export function findHomeless(modules: readonly Module[]): string[] {
  return modules
    .filter(({ path }) => roomOf(path) === undefined)
    .map(({ path }) => `${path} lies in no room of src/: ${Object.keys(mayImport).join(', ')}`);
}

/** Imports between rooms that are not in `mayImport`, and relative imports that lead nowhere (their arrow cannot be checked). */
export function findForbiddenArrows(modules: readonly Module[]): string[] {
  return importsOf(modules).flatMap(({ from, specifier, to }) => {
    const room = roomOf(from);
    if (!specifier.startsWith('.') || room === undefined || room === 'tests') return [];
    if (to === undefined)
      return specifier.endsWith('.js') ? [`${from} imports ${specifier}, which is not there`] : [];
    const target = roomOf(to);
    if (target === undefined || target === room) return [];
    const allowed = room === 'reference' || room === 'base' ? [] : ['base', ...mayImport[room]!];
    if (allowed.includes(target)) return [];
    return [`${from} imports ${to}: ${room} may import ${allowed.join(', ') || 'nothing'}`];
  });
}

/**
 * Packages imported where they must not be: `webgpu` outside its owner, development packages in what is shipped, and anything at all
 * in the kernels' reference, whose worth is that a reader can check it alone.
 * @param dependencies names of package.json's `dependencies`
 */
export function findForbiddenPackages(modules: readonly Module[], dependencies: readonly string[]): string[] {
  return importsOf(modules).flatMap(({ from, specifier }) => {
    if (specifier.startsWith('.') || specifier.startsWith('node:')) return [];
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (roomOf(from) === 'reference') return [`${from} imports ${name}: the reference imports no package`];
    if (name === 'webgpu' && !mayImportWebgpu.test(from)) return [`${from} imports webgpu: only src/gpu may`];
    if (isShipped.test(from) && !dependencies.includes(name))
      return [`${from} imports ${name}, which is not in package.json's dependencies`];
    return [];
  });
}

/** Circles of imports between modules, types included: each as the path around it. */
export function findCircles(modules: readonly Module[]): string[] {
  const targets = new Map<string, string[]>(modules.map(({ path }) => [path, []]));
  for (const { from, to } of importsOf(modules)) if (to !== undefined) targets.get(from)!.push(to);
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) circles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || finished.has(path)) return;
    for (const target of targets.get(path)!) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return circles;
}

/** Printing outside src/cli, and `import()` of what is not a plain string, which the other checks could not follow. */
export function findForbiddenCode(modules: readonly Module[]): string[] {
  return modules
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap(({ path, text }) => {
      const found: string[] = [];
      const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
      const report = (node: ts.Node, what: string) => {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push(`${path}:${line + 1} ${what}`);
      };
      const visit = (node: ts.Node): void => {
        if (prints(node) && !path.startsWith('src/cli/'))
          report(node, `uses ${node.getText()}: only src/cli prints`);
        if (
          ts.isCallExpression(node) &&
          node.expression.kind === ts.SyntaxKind.ImportKeyword &&
          !(node.arguments[0] !== undefined && ts.isStringLiteral(node.arguments[0]))
        )
          report(node, 'imports a computed name: write it out');
        ts.forEachChild(node, visit);
      };
      visit(source);
      return found;
    });
}

function prints(node: ts.Node): boolean {
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return false;
  const owner = node.expression.text;
  return owner === 'console' || (owner === 'process' && /^(stdout|stderr)$/.test(node.name.text));
}

/** Shaders that do not start with a comment: their header gives the formula, the shapes and the grid. */
export function findShadersWithoutHeader(shaders: readonly Module[]): string[] {
  return shaders
    .filter(({ text }) => !/^\/\/+ *\S/.test(text))
    .map(({ path }) => `${path} does not start with a // comment that says what it computes`);
}
