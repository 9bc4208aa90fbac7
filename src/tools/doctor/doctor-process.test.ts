/**
 * scripts/doctor.js and scripts/data.js as processes. They run the built engine, so these tests need `npm run
 * build` first.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const isBuilt = existsSync(join(repository, 'dist', 'cli', 'command.js'));
if (!isBuilt) console.warn('skipped: tests of the scripts as processes need dist/ (npm run build)');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-doctor-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

function run(script: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'scripts', script), ...args],
    { cwd: home, encoding: 'utf8', env: { ...process.env, WGSL_TRAIN_CACHE: join(home, 'cache'), ...env } },
  );
  return { status, stdout, stderr };
}

/** As if the native module did not load. */
function withoutModule(): Record<string, string> {
  const hooks = `export function resolve(specifier, context, next) {
    if (specifier === 'webgpu') throw new Error('libc.so.6: version GLIBC_2.99 not found');
    return next(specifier, context);
  }`;
  const preload = join(home, 'preload.mjs');
  writeFileSync(
    preload,
    `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});`,
  );
  return { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
}

describe.skipIf(!isBuilt)('scripts/doctor.js', () => {
  it('finds the adapter of this machine, and that it computes what it must', () => {
    const { status, stdout } = run('doctor.js', ['--json']);
    expect(status).toBe(0);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records.find(({ name }) => name === 'training')).toMatchObject({ verdict: 'ok', faults: [] });
    expect(records.find(({ name }) => name === 'timestamps')).toBeDefined();
    expect(records.at(-1)).toMatchObject({ event: 'verdict', works: true, exitCode: 0 });
  });

  it.runIf(process.platform === 'linux')('works without any adapter', () => {
    const missing = join(home, 'nothing.json');
    const { status, stdout, stderr } = run('doctor.js', [], {
      VK_DRIVER_FILES: missing,
      VK_ICD_FILENAMES: missing,
    });
    expect({ status, stderr }).toEqual({ status: 69, stderr: '' });
    expect(stdout).toMatch(/^wrong {4}adapters {5}none$/m);
    expect(stdout).toContain('training would not work here');
  });

  it('works where the native module does not load', () => {
    const { status, stdout, stderr } = run('doctor.js', [], withoutModule());
    expect({ status, stderr }).toEqual({ status: 69, stderr: '' });
    expect(stdout).toContain('libc.so.6: version GLIBC_2.99 not found');
    expect(stdout).toContain('training would not work here');
  });
});

describe.skipIf(!isBuilt)('without the native module', () => {
  it('scripts/data.js works, and so does what needs no adapter of train.js', () => {
    const env = withoutModule();
    expect(run('data.js', ['path', '--quiet'], env)).toEqual({
      status: 0,
      stdout: `${join(home, 'cache', 'kmnist')}\n`,
      stderr: '',
    });
    expect(run('train.js', ['--list'], env).status).toBe(0);
    expect(run('train.js', ['--exp', 'abc'], env).status).toBe(2);
  });
});
