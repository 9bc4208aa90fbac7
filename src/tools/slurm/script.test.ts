import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { quoted, slurmScript } from './script.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const job = {
  run: "/data/o'clock runs/50% $HOME",
  units: 12,
  node: '/usr/bin/node',
  train: '/opt/wgsl-train/scripts/train.js',
  atOnce: 4,
  unitOptions: ['--gres=gpu:1', '--time=1-00:00:00'],
  options: ['--partition=a b'],
};

/** Runs the script with programs that write their words, one a line, and end with a code each. */
function runWith(words: readonly string[], programs: Readonly<Record<string, string>>, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'wgsl-train-script-'));
  folders.push(folder);
  const log = join(folder, 'log');
  writeFileSync(log, '');
  for (const [name, end] of Object.entries({ scontrol: 'true', squeue: 'true', ...programs }))
    writeFileSync(join(folder, name), `#!/bin/sh\nprintf '%s\\n' "${name}" "$@" '' >>'${log}'\n${end}\n`, {
      mode: 0o755,
    });
  const file = join(folder, 'slurm.sh');
  writeFileSync(file, slurmScript({ ...job, node: join(folder, 'node') }));
  const { status, stderr } = spawnSync('bash', [file, ...words], {
    encoding: 'utf8',
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      SLURM_ARRAY_TASK_ID: '7',
      SLURM_ARRAY_JOB_ID: '99',
      ...env,
    },
  });
  const calls = readFileSync(log, 'utf8').split('\n\n').filter(Boolean);
  return { status, stderr, calls: calls.map((call) => call.split('\n')), file };
}

const hasBash = spawnSync('bash', ['--version']).status === 0;
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;
if (!hasShellcheck) console.warn('skipped: the script for Slurm is not checked without shellcheck');

describe.skipIf(!hasBash || process.platform === 'win32')('the script for Slurm', () => {
  it('submits the array, and the merge behind it', () => {
    const { status, calls, file } = runWith([], { sbatch: 'echo "42;cluster"' });
    expect(status).toBe(0);
    const log = job.run.replace('%', '%%');
    const common = ['--open-mode=append', '--partition=a b'];
    expect(calls[0]!.filter((word) => !common.includes(word))).toEqual([
      'sbatch',
      '--parsable',
      '--job-name=wgsl-train',
      '--array=0-11%4',
      '--requeue',
      '--signal=B:USR1@60',
      `--output=${log}/slurm-%a.log`,
      '--gres=gpu:1',
      '--time=1-00:00:00',
      file,
      'unit',
    ]);
    expect(calls[1]).toContain('--dependency=afterok:42');
    expect(calls[1]!.slice(-3)).toEqual(['--partition=a b', file, 'merge']);
  });

  it('ends with the code of an sbatch that refuses, and submits no merge', () => {
    const { status, calls } = runWith([], { sbatch: 'exit 3' });
    expect({ status, calls: calls.length }).toEqual({ status: 3, calls: 1 });
  });

  const requeue = ['scontrol', 'requeue', '99_7'];
  const leave = ['scontrol', 'update', 'JobId=99_7', 'ExcNodeList=a,b'];
  it.each([
    [0, 0, []],
    [4, 0, []],
    [2, 2, []],
    [65, 65, []],
    [66, 66, []],
    [75, 75, [requeue]],
    [130, 130, [requeue]],
    [69, 69, [requeue, leave]],
    [74, 74, [requeue]],
    [137, 137, [requeue]],
    [1, 1, [requeue]],
  ])('a training that ends with %i ends the task with %i', (code, status, expected) => {
    const programs = { node: `exit ${code}`, squeue: 'echo a' };
    const run = runWith(['unit'], programs, { SLURMD_NODENAME: 'b' });
    expect(run.status).toBe(status);
    expect(run.calls[0]).toEqual([
      'node',
      job.train,
      '--config',
      `${job.run}/config.json`,
      '--out',
      job.run,
      '--unit',
      '7/12',
    ]);
    expect(run.calls.filter(([name]) => name === 'scontrol')).toEqual(expected);
  });

  it.each([
    [74, 0],
    [137, 0],
    [75, 1],
    [69, 2],
  ])('after five restarts, %i asks Slurm %i times', (code, times) => {
    const { calls } = runWith(['unit'], { node: `exit ${code}` }, { SLURM_RESTART_COUNT: '5' });
    expect(calls.filter(([name]) => name === 'scontrol')).toHaveLength(times);
  });

  it('merges', () => {
    expect(runWith(['merge'], { node: 'exit 4' })).toMatchObject({
      status: 4,
      calls: [['node', job.train, '--resume', job.run]],
    });
  });

  it.skipIf(!hasShellcheck)('passes shellcheck', () => {
    const input = slurmScript({ ...job, run: "/data/o'clock runs" });
    const { status, stdout } = spawnSync('shellcheck', ['-'], { input, encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

it.each(['', 'a b', "it's", '$(x)', 'a\nb', '`x`', '*', '~', '--gres=gpu:a100:2'])('%j is quoted', (text) => {
  expect(spawnSync('bash', ['-c', `printf %s ${quoted(text)}`], { encoding: 'utf8' }).stdout).toBe(text);
});
