import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { repository, write } from './testing/sandbox.js';

const lib = (name: string) => join(repository, 'scripts/lib', name);

describe('what-is-missing.js', () => {
  const packages = {
    '': { name: 'a-project' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', optional: true, os: ['aix'], cpu: ['ppc64'] },
    'node_modules/part-of-elsewhere': { version: '1.0.0', optional: true },
    'node_modules/here': { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] },
  };
  const installed = {
    'node_modules/a': packages['node_modules/a'],
    'node_modules/here': packages['node_modules/here'],
  };
  const bundles = ['platform/package-texts.js', 'wgsl-train.js', 'web/app.js', 'web/worker.js'].map(
    (path) => `dist/${path}`,
  );
  let project = '';

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'missing-test-'));
    put('package-lock.json', JSON.stringify({ packages }));
    putInstalled(installed);
    put('node_modules/a/package.json', '{}');
    put('node_modules/here/package.json', '{}');
    const sources = ['src/index.ts', 'src/gpu/device.ts', 'src/web/app.tsx', 'src/web/logic/form.ts'];
    const others = [
      'tsconfig.json',
      'tsconfig.build.json',
      'shaders/a.wgsl',
      'data/a.json',
      'scripts/lib/a.js',
    ];
    for (const path of [...sources, ...others]) put(path, '');
    for (const path of ['dist/index.js', 'dist/gpu/device.js', ...bundles]) put(path, '');
  });
  afterEach(() => {
    rmSync(project, { recursive: true });
  });
  const put = (path: string, text: string) => {
    write(join(project, path), text);
  };
  const putInstalled = (entries: object) => {
    put('node_modules/.package-lock.json', JSON.stringify({ packages: entries }));
  };
  const setTime = (path: string, secondsFromNow: number) => {
    const time = Date.now() / 1000 + secondsFromNow;
    utimesSync(join(project, path), time, time);
  };
  const answer = () => {
    const run = spawnSync(process.execPath, [lib('what-is-missing.js')], { cwd: project, encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    return run.stdout.trim();
  };

  it('finds nothing missing in a complete checkout', () => {
    expect(answer()).toBe('');
  });

  it('asks for packages where none, another version or a damaged folder is there', () => {
    putInstalled({ ...installed, 'node_modules/a': { version: '0.9.0', integrity: 'sha512-a' } });
    expect(answer()).toBe('packages: node_modules/a is 0.9.0, package-lock.json wants 1.0.0');
    putInstalled({ 'node_modules/here': packages['node_modules/here'] });
    expect(answer()).toBe('packages: node_modules/a is missing');
  });

  it('asks for the optional packages of this machine only', () => {
    putInstalled({ 'node_modules/a': packages['node_modules/a'] });
    expect(answer()).toBe('packages: node_modules/here is missing');
  });

  it('asks for a build where a file of it is missing or older than its source or the settings', () => {
    put('src/graph/plan.ts', '');
    expect(answer()).toBe(`build: ${join('dist/graph/plan.js')} is missing`);
    put('dist/graph/plan.js', '');
    expect(answer()).toBe('');
    setTime('src/graph/plan.ts', 60);
    expect(answer()).toBe(`build: ${join('dist/graph/plan.js')} is out of date`);
    setTime('dist/graph/plan.js', 90);
    setTime('tsconfig.json', 60);
    expect(answer()).toMatch(/^build: dist.* is out of date$/);
  });

  it.each(['src/web/app.tsx', 'src/web/logic/form.ts', 'shaders/a.wgsl', 'data/a.json', 'scripts/lib/a.js'])(
    'asks for a build where %s is newer than what is bundled of it',
    (path) => {
      setTime(path, 60);
      expect(answer()).toBe(`build: ${bundles[0]!} is out of date`);
      for (const bundle of bundles) setTime(bundle, 90);
      expect(answer()).toBe('');
      rmSync(join(project, bundles.at(-1)!));
      expect(answer()).toBe(`build: ${bundles.at(-1)!} is missing`);
    },
  );
});

describe('find-adapter.js', () => {
  const probe = (env: Record<string, string>) =>
    spawnSync(process.execPath, [lib('find-adapter.js')], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });

  it('names the adapter and says whether it is software', () => {
    const { status, stdout } = probe({});
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^adapter: .+ \((software|hardware)\)\n$/) as string,
    });
  });

  it.runIf(process.platform === 'linux')('ends with 1 where Vulkan offers no driver', () => {
    expect(probe({ VK_DRIVER_FILES: '/no/such/driver.json' })).toMatchObject({ status: 1, stdout: '' });
  });

  it('explains why webgpu does not load', async () => {
    const { explainLoadFailure } = (await import(pathToFileURL(lib('find-adapter.js')).href)) as {
      explainLoadFailure: (system: { platform: string; arch: string; glibc: string | undefined }) => string;
    };
    const linux = { platform: 'linux', arch: 'x64' };
    expect(explainLoadFailure({ ...linux, glibc: undefined })).toContain('musl');
    expect(explainLoadFailure({ ...linux, glibc: '2.31' })).toContain('this system has 2.31');
    expect(explainLoadFailure({ ...linux, glibc: '2.34' })).toContain('libstdc++');
    expect(explainLoadFailure({ ...linux, glibc: '3.1' })).toContain('libstdc++');
    expect(explainLoadFailure({ ...linux, arch: 'arm', glibc: '2.36' })).toContain('no build for linux-arm;');
  });
});
