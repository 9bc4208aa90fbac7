/** Units on a real Slurm of two nodes, and what can happen to them. They need dist/. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt, outcomeOf, repository } from '../../cli/testing/training.js';
import { isLong } from '../../testing/modes.js';
import { hasSlurm, startSlurm, type TestSlurm } from './testing/slurm.js';

const options =
  '--exp 5 --seeds 2 --data synthetic:500/100 --hidden 16 --epochs 60 --patience 60 --checkpoint-every 0';

describe.skipIf(!hasSlurm || !isBuilt)('units on Slurm', () => {
  let home: string;
  let slurm: TestSlurm;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'wgsl-train-slurm-runs-'));
    slurm = await startSlurm();
    node('train', `${options} --out one`);
  });
  afterAll(async () => {
    await slurm.remove();
    rmSync(home, { recursive: true, force: true });
  });
  afterEach(() => {
    slurm.run('scancel', '--user=root');
    slurm.prolog('n2', '');
  });

  function node(command: string, line: string): string {
    const words = [join(repository, 'scripts', `${command}.js`), ...line.split(' ')];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, {
      cwd: home,
      env: { ...slurm.env, WGSL_TRAIN_CACHE: join(home, 'cache') },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${command} ${line}: ${status}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Makes a run of two units and submits it. @returns the number of its array */
  function submit(run: string, ...more: readonly string[]): string {
    if (!existsSync(join(home, run))) node('train', `${options} --out ${run} --units 2`);
    return /units: job (\d+)/.exec(node('slurm', [run, ...more, '--submit'].join(' ')))![1]!;
  }

  const log = (run: string): string =>
    readdirSync(join(home, run))
      .filter((name) => name.endsWith('.log'))
      .map((name) => `${name}:\n${readFileSync(join(home, run, name), 'utf8')}`)
      .join('\n');
  const queue = (): string => slurm.run('squeue', '--noheader', '--array', '--format=%i %j %T %N %r');
  const trainings = (run: string, unit: number): number[] =>
    slurm
      .processes(`--out ${join(home, run)} --unit ${unit}/2`)
      .filter((pid) => commandOf(pid).startsWith('node'));

  async function until(run: string, isSo: () => boolean): Promise<void> {
    const end = Date.now() + 240_000;
    while (!isSo()) {
      if (Date.now() > end) throw new Error(`it does not come:\n${queue()}\n${log(run)}`);
      await setTimeout(50);
    }
  }

  /** Until a unit's training has ended an epoch. */
  const begun = (run: string, unit: number): Promise<void> =>
    until(run, () => trainings(run, unit).length > 0 && metricsOf(run, unit).split('\n').length > 3);
  function metricsOf(run: string, unit: number): string {
    const file = join(home, run, 'units', `${unit}-of-2`, 'metrics.csv');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async function expectSameBits(run: string): Promise<void> {
    await until(run, () => existsSync(join(home, run, 'summary.json')) && queue() === '');
    expect(outcomeOf(join(home, run))).toEqual(outcomeOf(join(home, 'one')));
  }

  it('resumes a killed training, and leaves a node without an adapter', async () => {
    slurm.prolog('n2', 'echo export VK_ICD_FILENAMES=/nonexistent VK_DRIVER_FILES=/nonexistent');
    submit('killed');
    await begun('killed', 0);
    for (const pid of trainings('killed', 0)) process.kill(pid, 'SIGKILL');
    await expectSameBits('killed');
    expect(log('killed')).toMatch(/unit 0: exit code 137 on n\d, back in the queue/);
    expect(log('killed')).toMatch(/unit 1: exit code 69 on n2, back in the queue/);
    // Unit 0 may come to n2, too, once: only unit 1 has left it.
    expect(log('killed').match(/unit 1: exit code|unit 0: exit code 137/g)).toHaveLength(2);
    expect((log('killed').match(/exit code/g) ?? []).length).toBeLessThanOrEqual(3);
  });

  it.skipIf(!isLong)(
    'lets units that find no adapter on any node wait, until they are given nodes',
    async () => {
      const nodes = ['n1', 'n2'] as const;
      for (const name of nodes) slurm.prolog(name, 'echo export VK_DRIVER_FILES=/nonexistent');
      const job = submit('nowhere');
      await until('nowhere', () => queue().match(/BadConstraints/g)?.length === 2);
      // On each node once.
      expect(log('nowhere').match(/exit code 69/g)).toHaveLength(4);
      for (const name of nodes) slurm.prolog(name, '');
      for (const unit of [0, 1]) {
        slurm.run('scontrol', 'update', `JobId=${job}_${unit}`, 'ExcNodeList=');
        slurm.run('scontrol', 'release', `${job}_${unit}`);
      }
      await expectSameBits('nowhere');
    },
  );

  it('writes a checkpoint on scancel and stays cancelled, until it is submitted again', async () => {
    const job = submit('cancelled');
    await begun('cancelled', 1);
    slurm.run('scancel', `${job}_1`);
    await until('cancelled', () => queue() === '');
    expect(existsSync(join(home, 'cancelled', 'summary.json'))).toBe(false);
    expect(log('cancelled')).not.toContain('back in the queue');
    expect(node('status', 'cancelled')).toContain('1 waiting, 0 begun, 1 done');
    submit('cancelled');
    await expectSameBits('cancelled');
    expect(log('cancelled')).toContain('unit 0 of 2 was done');
  });

  it.skipIf(!isLong)('resumes the units of a node that was killed', async () => {
    submit('node');
    await begun('node', 1);
    slurm.killNode('n2');
    await until('node', () => queue().includes('BeginTime'));
    slurm.startNode('n2');
    await expectSameBits('node');
  });

  it.skipIf(!isLong)('resumes a unit that its time limit stopped', async () => {
    submit('limit', '--time', '1');
    await expectSameBits('limit');
    expect(log('limit')).toMatch(/exit code 75 on n\d, back in the queue/);
  });
});

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .replaceAll('\0', ' ')
      .replace(/^\S*\//, '');
  } catch {
    return '';
  }
}
