/**
 * The rules of the project's structure, as data and pure checks over file texts: who may import whom, who may
 * print, what a shader starts with. Each check gives one line per violation, so that it can be shown to find
 * what it is for.
 */
import { posix } from 'node:path';
import ts from 'typescript';

/**
 * Which room may import which other rooms of src/, besides itself and `base`: the rooms from the bottom up,
 * and for each of them those right below it; what these may import it may import too. `index` is
 * src/index.ts, what the package exports.
 */
const below: Readonly<Record<string, readonly string[]>> = {
  base: [],
  platform: ['base'],
  formats: ['platform'],
  pictures: ['formats'],
  data: ['pictures'],
  gpu: ['platform'],
  kernels: ['gpu'],
  graph: ['kernels'],
  model: ['graph'],
  train: ['model', 'data'],
  check: ['train'],
  profile: ['train'],
  experiments: ['check', 'profile'],
  runs: ['experiments'],
  report: ['runs'],
  library: ['report'],
  'tools/bench': ['library'],
  'tools/compare': ['library'],
  'tools/doctor': ['library'],
  'tools/networks': ['library'],
  'tools/queue': ['library'],
  'tools/repeat': ['library'],
  'tools/serve': ['library'],
  'tools/slurm': ['library'],
  cli: ['bench', 'compare', 'doctor', 'networks', 'queue', 'repeat', 'serve', 'slurm'].map(
    (tool) => `tools/${tool}`,
  ),
  index: ['library'],
  web: ['index'],
  scripts: ['cli'],
};

/** Every room that a room may import, itself left out. */
export const mayImport: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.keys(below).map((room) => [room, room === 'scripts' ? ['cli'] : allBelow(room)]),
);

function allBelow(room: string): string[] {
  return [...new Set(below[room]!.flatMap((each) => [each, ...allBelow(each)]))];
}

/**
 * The owner of Dawn; set-up's probe, which has to run before anything is built; and what lends it to
 * libraries that are measured beside this project.
 */
const mayImportWebgpu =
  /^(src\/platform\/|src\/gpu\/testing\/|scripts\/lib\/find-adapter\.js$|scripts\/peers\/lib\/webgpu\.js$)/;

/**
 * Rooms that do not know where they run, so that a browser can have them: no module and no global of Node's.
 * What they need of the place they ask of src/platform. (`base` names the types of Node's errors, and no
 * more.)
 */
const anywhere = ['base', 'pictures', 'gpu', 'kernels', 'graph', 'model', 'train', 'check'];
const nodesGlobals = ['process', 'Buffer', 'setImmediate'];

/**
 * What a person runs or the package exports, and so must do with package.json's dependencies. What is bundled
 * (src/web) and what builds (scripts/lib/build-*) runs in a clone.
 */
const isShipped = /^(src\/(?!web\/)|scripts\/(?!lib\/build-))/;

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

/**
 * Every import, export-from, `import()` and import type of the modules, as the TypeScript compiler sees them.
 */
function importsOf(modules: readonly Module[]): readonly Import[] {
  const known = new Set(modules.map(({ path }) => path));
  return modules.flatMap(({ path: from, text }) =>
    ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => {
      const joined = posix.join(posix.dirname(from), specifier).replace(/^dist\//, 'src/');
      const ends = ['.ts', '.tsx', '.d.ts', '.js'];
      const to = ends.map((end) => joined.replace(/\.js$/, end)).find((path) => known.has(path));
      return { from, specifier, to: specifier.startsWith('.') ? to : undefined };
    }),
  );
}

/**
 * The room of a module: its folder in src/, `index`, `scripts`, `tests` or `reference`; undefined where
 * nothing has a place.
 */
function roomOf(path: string): string | undefined {
  const [top, ...folders] = path.split('/').slice(0, -1);
  if (top === 'kernels.test' && folders[0] === 'reference' && !path.endsWith('.test.ts')) return 'reference';
  if (top === 'kernels.test' || path.endsWith('.test.ts') || folders.includes('testing')) return 'tests';
  if (top === 'scripts') return 'scripts';
  if (/^src\/(index|anywhere|browser)\.ts$/.test(path)) return 'index';
  const room = folders.slice(0, folders[0] === 'tools' ? 2 : 1).join('/');
  const isRoom = top === 'src' && Object.hasOwn(mayImport, room);
  return isRoom && room !== 'index' && room !== 'scripts' ? room : undefined;
}

/** Modules that lie in none of the rooms. */
export function findHomeless(modules: readonly Module[]): string[] {
  return modules
    .filter(({ path }) => roomOf(path) === undefined)
    .map(({ path }) => `${path} lies in no room of src/: ${Object.keys(mayImport).join(', ')}`);
}

/**
 * Imports between rooms that are not in `mayImport`, and relative imports that lead nowhere (their arrow
 * cannot be checked).
 */
export function findForbiddenArrows(modules: readonly Module[]): string[] {
  return importsOf(modules).flatMap(({ from, specifier, to }) => {
    const room = roomOf(from);
    if (!specifier.startsWith('.') || room === undefined || room === 'tests') return [];
    if (to === undefined)
      return specifier.endsWith('.js') ? [`${from} imports ${specifier}, which is not there`] : [];
    const target = roomOf(to);
    if (target === undefined || target === room) return [];
    const allowed = room === 'reference' ? [] : mayImport[room]!;
    if (allowed.includes(target)) return [];
    return [`${from} imports ${to}: ${room} may import ${allowed.join(', ') || 'nothing'}`];
  });
}

/**
 * Packages imported where they must not be: `webgpu` outside its owner, Node's own modules in rooms that run
 * anywhere, development packages in what is shipped, and anything at all in the kernels' reference, whose
 * worth is that a reader can check it alone.
 * @param dependencies names of package.json's `dependencies`, and of the peers that are optional
 */
export function findForbiddenPackages(modules: readonly Module[], dependencies: readonly string[]): string[] {
  return importsOf(modules).flatMap(({ from, specifier }) => {
    if (specifier.startsWith('node:') && anywhere.includes(roomOf(from) ?? ''))
      return [`${from} imports ${specifier}: only src/platform knows that it runs in Node`];
    if (/^(\.|node:|#platform$)/.test(specifier)) return [];
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    if (roomOf(from) === 'reference') return [`${from} imports ${name}: the reference imports no package`];
    if (name === 'webgpu' && !mayImportWebgpu.test(from))
      return [`${from} imports webgpu: only src/platform may`];
    if (roomOf(from) !== 'tests' && isShipped.test(from) && !dependencies.includes(name))
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

/**
 * Printing outside src/cli, globals of Node's in rooms that run anywhere, and `import()` of what is not a
 * plain string, which the other checks could not follow.
 */
export function findForbiddenCode(modules: readonly Module[]): string[] {
  return modules
    .filter(({ path }) => path.startsWith('src/') && roomOf(path) !== 'tests')
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
        if (anywhere.includes(roomOf(path) ?? '') && isNodesGlobal(node))
          report(node, `uses ${node.getText()}: ask src/platform for it`);
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

/** A name of its own, not a property or a key of that name. */
function isNodesGlobal(node: ts.Node): boolean {
  if (!ts.isIdentifier(node) || !nodesGlobals.includes(node.text)) return false;
  const { parent } = node;
  return !('name' in parent && parent.name === node);
}

/** Shaders that do not start with a comment: their header gives the formula, the shapes and the grid. */
export function findShadersWithoutHeader(shaders: readonly Module[]): string[] {
  return shaders
    .filter(({ text }) => !/^\/\/+ *\S/.test(text))
    .map(({ path }) => `${path} does not start with a // comment that says what it computes`);
}
