/**
 * The package as others get it: built, packed, and put into an empty project with nothing beside it but its
 * declared dependencies (links to this project's, so that no network is needed). There its types are checked
 * and the examples run.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
const examples = join(repository, 'docs', 'examples');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, encoding: 'utf8' }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

const node = (args: readonly string[], cwd: string): Promise<Ended> => run(process.execPath, args, cwd);

async function succeed(work: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await work;
  expect({ code, stdout: code === 0 ? '' : stdout, stderr: code === 0 ? '' : stderr }).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  return stdout;
}

let home: string;
/** An empty project with the package in its node_modules. */
let project: string;
let installed: string;
let packed: readonly string[];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-package-'));
  const stage = join(home, 'stage');
  // Built anew: dist/ may hold what is left of sources that are gone. Types are checked by another command.
  const build = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(stage, 'dist')];
  await succeed(node([compiler, ...build], repository));
  for (const name of [
    'package.json',
    'README.md',
    'LICENSE',
    'shaders',
    'data',
    'scripts',
    'docs',
    'tsconfig.json',
    '.ci',
  ])
    cpSync(join(repository, name), join(stage, name), { recursive: true });
  for (const stray of [
    'data/cache/kmnist/a.gz',
    'kernels.test/a.test.ts',
    'src/index.ts',
    'runs/exp6/summary.json',
  ]) {
    mkdirSync(dirname(join(stage, stray)), { recursive: true });
    writeFileSync(join(stage, stray), '');
  }
  await succeed(run('npm', ['pack', '--ignore-scripts', '--pack-destination', home], stage));
  const archive = readdirSync(home).find((name) => name.endsWith('.tgz'))!;

  project = join(home, 'project');
  installed = join(project, 'node_modules', 'wgsl-train');
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await succeed(run('tar', ['-xzf', join(home, archive), '-C', installed, '--strip-components=1'], home));
  packed = readdirSync(installed, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(installed.length + 1)
        .replaceAll('\\', '/'),
    );
  const { dependencies, optionalDependencies } = manifest();
  const needed = Object.keys({ ...dependencies, ...optionalDependencies });
  for (const name of [...needed, '@types/node', 'undici-types']) link(name);
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
}

function link(name: string): void {
  const path = join(project, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(repository, 'node_modules', name), path, 'junction');
}

describe('the package', () => {
  it('holds what it needs', () => {
    const files = (folder: string): string[] =>
      readdirSync(join(repository, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(repository.length).replaceAll('\\', '/'))
        .filter((path) => !/^data\/cache\/|\.test\.ts$|^scripts\/testing\//.test(path));
    for (const folder of ['shaders', 'data', 'scripts'])
      expect(packed).toEqual(expect.arrayContaining(files(folder)));
    expect(packed).toEqual(
      expect.arrayContaining(['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']),
    );
    for (const path of Object.values(manifest().bin)) expect(packed).toContain(path);
  });

  it('holds nothing else', () => {
    const wanted =
      /^(dist\/.*\.(js|d\.ts)|shaders\/.*\.wgsl|data\/[^/]*|scripts\/.*|package\.json|README\.md|LICENSE)$/;
    expect(packed.filter((path) => !wanted.test(path))).toEqual([]);
    expect(packed.filter((path) => /test|\.map$/.test(path))).toEqual([]);
  });

  it('has no source map that leads nowhere', () => {
    const mapped = packed
      .filter((path) => path.endsWith('.js'))
      .filter((path) => /^\/\/# sourceMappingURL=/m.test(readFileSync(join(installed, path), 'utf8')));
    expect(mapped).toEqual([]);
  });
});

describe('its types', () => {
  const strict = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    module: 'nodenext',
    target: 'es2022',
    noEmit: true,
  };
  const check = (options: Record<string, unknown>, files: readonly string[]): Promise<Ended> => {
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...strict, ...options }, files }),
    );
    return node([compiler, '-p', 'tsconfig.json'], project);
  };

  it('pass a strict project for Node, with the examples in it', async () => {
    const names = readdirSync(examples);
    expect(names).toHaveLength(4);
    for (const name of names) cpSync(join(examples, name), join(project, name));
    await succeed(check({ lib: ['es2023'], types: ['node'], allowJs: true, checkJs: true }, names));
  });

  it('pass one with the DOM and no types of Node, and refuse what is wrong', async () => {
    writeFileSync(
      join(project, 'consumer.ts'),
      `import * as engine from 'wgsl-train';
       import { createDataset, createTrial, train, type Gpu, type TrialResult } from 'wgsl-train';
       export const everything = engine;
       export async function accuracy(gpu: Gpu, images: Uint8Array, labels: number[]): Promise<number> {
         const dataset = createDataset({ images, labels, rows: 28, columns: 28 });
         const results: TrialResult[] = await train(gpu, dataset, [createTrial({ hidden: [64] })]);
         return results[0]?.test.accuracy ?? 0;
       }
       // @ts-expect-error images are bytes or f32 features
       createDataset({ images: new Float64Array(784), labels: [0], rows: 28, columns: 28 });
       // @ts-expect-error there is no such setting
       createTrial({ learningrate: 1 });
       // @ts-expect-error nor such an experiment
       export const unknown: engine.ExperimentId = 7;`,
    );
    await succeed(check({ types: [] }, ['consumer.ts']));
  });
});

describe('installed in an empty project', () => {
  it.each<[string, RegExp[]]>([
    [
      'own-arrays',
      [/^lr 0.01: \d+\.\d % after \d+ epochs$/m, /^\(0\.3, 0\.3\) is (red|green|blue), p = [01]\.\d\d$/m],
    ],
    [
      'one-kernel',
      [/^kernels: gather, /, /y\[t\] = f\(x\[t\] w\[t\] \+ b\[t\]\)/, /^y = 4\.5, 0, 10\.5, 0$/m],
    ],
    [
      'while-it-trains',
      [
        /^epoch 0, step \d+: /m,
        /: paused$/m,
        /^stopped in epoch 4, /m,
        /^weights [0-9a-f]{16} after 6 epochs$/m,
      ],
    ],
    [
      'train-an-experiment',
      [/^epoch 3: /m, /^selected dropout=0\.[35], seed [01] /m, /^test accuracy \d+\.\d %$/m],
    ],
  ])('the example %s runs', async (name, expected) => {
    cpSync(join(examples, `${name}.js`), join(project, `${name}.js`));
    const text = await succeed(node([`${name}.js`], project));
    for (const part of expected) expect(text).toMatch(part);
    expect(existsSync(join(project, 'runs'))).toBe(false);
  });

  it('its manifest and its shaders can be found', async () => {
    const ask = ['package.json', 'shaders/adamw.wgsl', 'shaders/lib/philox.wgsl']
      .map((path) => `console.log(import.meta.resolve('wgsl-train/${path}'));`)
      .join('');
    const urls = (await succeed(node(['--input-type=module', '-e', ask], project))).trim().split('\n');
    expect(urls).toHaveLength(3);
    for (const url of urls) expect(existsSync(fileURLToPath(url))).toBe(true);
  });

  it('the commands run', async () => {
    const { version, bin } = manifest();
    const script = join('node_modules', 'wgsl-train', 'scripts', 'train.js');
    expect(await succeed(node([script, '--version'], project))).toBe(`${version}\n`);
    const command = join('node_modules', 'wgsl-train', bin['wgsl-train']!);
    expect(await succeed(node([command, '--version'], project))).toBe(`${version}\n`);
    expect(await succeed(node([command, 'train', '--version'], project))).toBe(`${version}\n`);
    expect(await succeed(node([command, '--help'], project))).toMatch(/^ {2}train +train /m);
    const none = await node([command], project);
    expect([none.code, none.stdout, none.stderr]).toEqual([
      2,
      '',
      expect.stringMatching(/^ {2}train +train /m),
    ]);
    const unknown = await node([command, 'trian'], project);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no command "trian"')]);
  });
});
