import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import {
  findCircles,
  findForbiddenArrows,
  findForbiddenCode,
  findForbiddenPackages,
  findHomeless,
  findShadersWithoutHeader,
  mayImport,
  type Module,
} from './architecture.js';
import { readModules, repository } from './read-modules.js';

describe('the project', () => {
  const modules = [
    ...readModules('src', /\.tsx?$/),
    ...readModules('scripts', /\.js$/),
    ...readModules('kernels.test', /\.ts$/),
  ];
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(join(repository, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'optionalDependencies' | 'peerDependencies', Record<string, string>>;

  it('is read at all', () => {
    const paths = modules.map(({ path }) => path);
    expect(paths).toContain('src/base/errors.ts');
    expect(paths).toContain('scripts/lib/find-adapter.js');
    expect(paths).toContain('src/testing/architecture.ts');
  });

  it('has every module in a room', () => {
    expect(findHomeless(modules)).toEqual([]);
  });

  it('imports only along the arrows', () => {
    expect(findForbiddenArrows(modules)).toEqual([]);
  });

  it('imports each package only where it may', () => {
    const shipped = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    expect(findForbiddenPackages(modules, shipped)).toEqual([]);
  });

  it('has no circle of imports', () => {
    expect(findCircles(modules)).toEqual([]);
  });

  it('prints in src/cli only', () => {
    expect(findForbiddenCode(modules)).toEqual([]);
  });

  it('explains every shader at its top', () => {
    expect(findShadersWithoutHeader(readModules('shaders', /\.wgsl$/))).toEqual([]);
  });
});

describe('the arrows themselves', () => {
  it('make no circle, and lead to rooms that exist', () => {
    const asModules = Object.entries(mayImport).map(([room, targets]) => ({
      path: `${room}.ts`,
      text: targets.map((target) => `import './${target}.js';`).join('\n'),
    }));
    expect(findCircles(asModules)).toEqual([]);
    for (const target of Object.values(mayImport).flat()) expect(mayImport).toHaveProperty(target);
  });
});

describe('the checks find', () => {
  const tree = (files: Record<string, string>) =>
    Object.entries(files).map(([path, text]) => ({ path, text }));
  const good = tree({
    'src/platform/node.ts': "import { inspect } from 'node:util';\nimport 'webgpu';\nprocess.exit();",
    'src/base/errors.ts': 'export const at = { process: 1 }.process;',
    'src/gpu/device.ts': "import { create } from '../platform/node.js';\nimport '../base/errors.js';",
    'src/kernels/dense.ts':
      "import type { Device } from '../gpu/device.js';\n// import '../cli/main.js'; console.log",
    'src/cli/main.ts': "import { dense } from '../kernels/dense.js';\nprocess.stdout.write('x');",
    'src/index.ts': "export * from './kernels/dense.js';",
    'scripts/train.js': "const { main } = await import('../dist/cli/main.js');",
    'kernels.test/reference/dense.ts': "import './softmax.js';\nimport 'node:assert';",
    'kernels.test/reference/softmax.ts': '',
    'kernels.test/dense.test.ts': "import 'vitest';\nimport '../src/kernels/dense.js';",
  });
  const all = (modules: readonly Module[]) => [
    ...findHomeless(modules),
    ...findForbiddenArrows(modules),
    ...findForbiddenPackages(modules, ['webgpu', '@scope/a']),
    ...findCircles(modules),
    ...findForbiddenCode(modules),
  ];

  it('nothing in a good tree', () => {
    expect(all(good)).toEqual([]);
    const shaders = { 'shaders/a.wgsl': '// y = x\n', 'shaders/lib/b.wgsl': '/// z\n' };
    expect(findShadersWithoutHeader(tree(shaders))).toEqual([]);
  });

  it.each<[string, Record<string, string>, string[]]>([
    ['a module outside the rooms', { 'src/util/a.ts': '' }, ['src/util/a.ts lies in no room']],
    ['a loose module in src/', { 'src/a.ts': '' }, ['src/a.ts lies in no room']],
    [
      'a folder that is named like an outsider',
      { 'src/scripts/a.ts': '' },
      ['src/scripts/a.ts lies in no room'],
    ],
    [
      'an arrow to the left',
      { 'src/gpu/a.ts': "import '../kernels/dense.js';" },
      ['gpu may import platform, base'],
    ],
    [
      'an arrow of types only',
      { 'src/data/a.ts': "let a: import('../gpu/device.js').D;" },
      ['data may import pictures, formats, platform, base'],
    ],
    [
      'an arrow by re-export',
      { 'src/data/a.ts': "export * from '../gpu/device.js';" },
      ['data may import pictures, formats, platform, base'],
    ],
    ['base that imports', { 'src/base/a.ts': "import '../gpu/device.js';" }, ['base may import nothing']],
    [
      'src that imports tests',
      { 'src/gpu/a.ts': "import '../../kernels.test/reference/dense.js';" },
      ['gpu may import'],
    ],
    [
      'a script that skips src/cli',
      { 'scripts/a.js': "import '../dist/gpu/device.js';" },
      ['scripts may import cli'],
    ],
    [
      'a reference that uses src',
      { 'kernels.test/reference/a.ts': "import '../../src/base/errors.js';" },
      ['reference may import nothing'],
    ],
    [
      'a reference that uses a package',
      { 'kernels.test/reference/a.ts': "import 'arg';" },
      ['imports no package'],
    ],
    ['an import of nothing', { 'src/gpu/a.ts': "import './b.js';" }, ['./b.js, which is not there']],
    ['a room that knows Node', { 'src/train/a.ts': "import 'node:fs';" }, ['only src/platform knows']],
    [
      'a room that uses what only Node has',
      { 'src/train/a.ts': 'let a = { process: 1 }.process;\nBuffer.from(a);' },
      ['src/train/a.ts:2 uses Buffer'],
    ],
    ['another owner of Dawn', { 'src/graph/a.ts': "import 'webgpu';" }, ['only src/platform may']],
    ['a test that owns Dawn', { 'kernels.test/a.test.ts': "import 'webgpu';" }, ['only src/platform may']],
    [
      'a development package in the engine',
      { 'src/cli/a.ts': "import '@scope/a/deep';\nimport '@scope/b/deep';" },
      ['imports @scope/b, which is not in'],
    ],
    [
      'a circle',
      { 'src/gpu/a.ts': "import './b.js';", 'src/gpu/b.ts': "import type { A } from './a.js';" },
      ['src/gpu/a.ts -> src/gpu/b.ts -> src/gpu/a.ts'],
    ],
    [
      'a module that imports itself',
      { 'src/gpu/a.ts': "import './a.js';" },
      ['src/gpu/a.ts -> src/gpu/a.ts'],
    ],
    [
      'printing',
      { 'src/report/a.ts': 'let a;\nconsole.warn(a);\nprocess.stderr.write(a);' },
      ['src/report/a.ts:2 uses console.warn', 'src/report/a.ts:3 uses process.stderr'],
    ],
    [
      'a computed import',
      { 'src/gpu/a.ts': 'await import(name);' },
      ['src/gpu/a.ts:1 imports a computed name'],
    ],
  ])('%s', (_, files, expected) => {
    const found = all([...good, ...tree(files)]);
    expect(found).toHaveLength(expected.length);
    for (const [i, part] of expected.entries()) expect(found[i]).toContain(part);
  });

  it.each(['', '\n// late', '@compute fn main() {}', '//\n'])('a shader without a header: %j', (text) => {
    expect(findShadersWithoutHeader(tree({ 'shaders/a.wgsl': text }))).toHaveLength(1);
  });
});
