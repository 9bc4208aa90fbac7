/** The scripts as processes. They run the built engine, so these tests need `npm run build` first. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runNode, type Ended, type NodeOptions } from '../testing/run-node.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const script = join(repository, 'scripts', 'train.js');
const isBuilt = existsSync(join(repository, 'dist', 'cli', 'command.js'));
if (!isBuilt) console.warn('skipped: tests of the scripts as processes need dist/ (npm run build)');

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-process-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

const node = (args: readonly string[], options: Partial<NodeOptions> = {}): Promise<Ended> =>
  runNode(args, { cwd: home, ...options });

it('a script without dist/ says which command builds it', async () => {
  mkdirSync(join(home, 'scripts', 'lib'), { recursive: true });
  cpSync(join(dirname(script), 'lib', 'run.js'), join(home, 'scripts', 'lib', 'run.js'));
  cpSync(script, join(home, 'scripts', 'train.js'));
  const { code, stdout, stderr } = await node([join(home, 'scripts', 'train.js'), '--exp', '6']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('run ./scripts/setup.sh');
});

describe.skipIf(!isBuilt)('scripts/train.js', () => {
  it('--list exits 0', async () => {
    const { code, stdout, stderr } = await node([script, '--list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('batch-size=256');
  });

  it('bad usage exits 2 and touches no file', async () => {
    const { code, stdout, stderr } = await node([script, '--exp', 'abc']);
    expect({ code, stdout, files: readdirSync(home) }).toEqual({ code: 2, stdout: '', files: [] });
    expect(stderr).toContain('--exp cannot be "abc"');
  });

  it.runIf(process.platform === 'linux')('no adapter exits 69 and writes nothing', async () => {
    const missing = join(home, 'no-such-driver.json');
    const { code, stdout, stderr } = await node([script, '--exp', '6', '--data', 'synthetic'], {
      env: { VK_DRIVER_FILES: missing, VK_ICD_FILENAMES: missing },
    });
    expect({ code, stdout, files: readdirSync(home) }).toEqual({ code: 69, stdout: '', files: [] });
    expect(stderr).toContain('no WebGPU adapter');
    expect(stderr).toContain('setup.sh');
  });

  it('a reader that goes away is no error', async () => {
    const { code, stderr } = await node([script, '--list'], {
      onText: (_, child) => {
        child.stdout!.destroy();
      },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
