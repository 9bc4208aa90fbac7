/** A Slurm of a test's own: two nodes on this machine, with a munge of their own. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../queue/testing/redis.js';

const programs = ['slurmctld', 'slurmd', 'munged', 'mungekey', 'sbatch', 'scontrol'];
const path = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
const missing = programs.filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: path }).status !== 0,
);
const reason =
  missing.length > 0 ? `need ${missing.join(', ')}` : process.getuid?.() === 0 ? null : 'need root';

/** Whether tests with a Slurm can run; says so where they cannot. */
export const hasSlurm = reason === null;
if (reason !== null) console.warn(`skipped: tests of Slurm ${reason}`);

export type NodeName = 'n1' | 'n2';

export interface TestSlurm {
  /** Runs a command of Slurm's. @returns what it printed. @throws Error if it fails */
  readonly run: (file: string, ...words: readonly string[]) => string;
  /** The environment that such commands need. */
  readonly env: NodeJS.ProcessEnv;
  /** Lines that are run before every task of a node, such as `export NAME=VALUE`. */
  readonly prolog: (node: NodeName, lines: string) => void;
  /** SIGKILL for a node's daemon and for all that it runs. */
  readonly killNode: (node: NodeName) => void;
  readonly startNode: (node: NodeName) => void;
  /** Processes of tasks whose command line contains a text. */
  readonly processes: (text: string) => number[];
  /** Ends every job and daemon and removes all files. */
  readonly remove: () => Promise<void>;
}

const nodes: readonly NodeName[] = ['n1', 'n2'];

export async function startSlurm(): Promise<TestSlurm> {
  const directory = mkdtempSync(join(tmpdir(), 'wgsl-train-slurm-'));
  const conf = join(directory, 'slurm.conf');
  const env = { ...process.env, ...path, SLURM_CONF: conf };
  const run = (file: string, ...words: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(file, words, { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${file} ${words.join(' ')}: ${status}\n${stdout}${stderr}`);
    return stdout;
  };
  const prolog = (node: NodeName, lines: string): void => {
    writeFileSync(join(directory, `prolog-${node}`), `${lines}\n`);
  };
  const startNode = (node: NodeName): void => {
    run('slurmd', '-f', conf, '-N', node);
  };
  const pids = (): number[] =>
    readdirSync(directory).flatMap((name) => (name.endsWith('.pid') ? pidIn(name) : []));
  const pidIn = (name: string): number[] => {
    try {
      const pid = Number(readFileSync(join(directory, name), 'utf8'));
      return pid > 0 && isAlive(pid) ? [pid] : [];
    } catch {
      // A daemon takes its file away when it ends.
      return [];
    }
  };
  const processes = (text: string, variable = `SLURM_CONF=${conf}`): number[] =>
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && told(pid, 'cmdline').join(' ').includes(text))
      .filter((pid) => {
        const environment = told(pid, 'environ');
        const isTask = environment.some((each) => each.startsWith('SLURM_JOB_ID='));
        return isTask && environment.includes(`SLURM_CONF=${conf}`) && environment.includes(variable);
      })
      .map(Number);
  const slurm: TestSlurm = {
    run,
    env,
    prolog,
    startNode,
    processes,
    killNode: (node) => {
      const tasks = processes('', `SLURMD_NODENAME=${node}`);
      // The parent of a task's shell is the daemon of its job.
      const parents = tasks
        .map(parentOf)
        .filter((pid) => told(String(pid), 'cmdline').join('').startsWith('slurmstepd'));
      for (const pid of [...pidIn(`slurmd-${node}.pid`), ...new Set(parents), ...tasks]) end(pid, 'SIGKILL');
    },
    remove: async () => {
      spawnSync('scancel', ['--full', '--state=RUNNING'], { env });
      spawnSync('scancel', ['--user=root'], { env });
      for (let i = 0; i < 100 && processes('').length > 0; i++) await setTimeout(100);
      for (const pid of processes('')) end(pid, 'SIGKILL');
      for (const pid of pids()) end(pid, 'SIGTERM');
      for (let i = 0; i < 100 && pids().length > 0; i++) await setTimeout(100);
      for (const pid of pids()) end(pid, 'SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await begin(directory, conf, slurm);
  } catch (error) {
    await slurm.remove();
    throw error;
  }
  return slurm;
}

async function begin(directory: string, conf: string, { run, prolog, startNode }: TestSlurm): Promise<void> {
  const inside = (name: string): string => join(directory, name);
  const ports = [await freePort(), await freePort(), await freePort()];
  writeFileSync(conf, confOf(directory, ports));
  mkdirSync(inside('state'));
  writeFileSync(inside('prolog'), `#!/bin/sh\n. ${directory}/prolog-$SLURMD_NODENAME\n`);
  chmodSync(inside('prolog'), 0o755);
  for (const node of nodes) prolog(node, '');
  run('mungekey', '--create', `--keyfile=${inside('munge.key')}`);
  const files = ['pid', 'log', 'seed'].map((name) => `--${name}-file=${inside(`munged.${name}`)}`);
  run(
    'munged',
    '--force',
    `--key-file=${inside('munge.key')}`,
    `--socket=${inside('munge.socket')}`,
    ...files,
  );
  run('slurmctld', '-f', conf);
  for (const node of nodes) startNode(node);
  for (let i = 0; ; i++) {
    const { stdout } = spawnSync('sinfo', ['--noheader', '--format=%t %D'], {
      env: { ...process.env, SLURM_CONF: conf },
    });
    if (stdout.toString().trim() === 'idle 2') return;
    if (i > 200) throw new Error(`Slurm did not start: ${stdout.toString()}`);
    await setTimeout(100);
  }
}

function confOf(directory: string, [controller, first, second]: readonly number[]): string {
  return `ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${directory}/munge.socket,cred_expire=5
StateSaveLocation=${directory}/state
SlurmdSpoolDir=${directory}/spool-%n
SlurmctldPidFile=${directory}/slurmctld.pid
SlurmdPidFile=${directory}/slurmd-%n.pid
SlurmctldLogFile=${directory}/slurmctld.log
SlurmdLogFile=${directory}/slurmd-%n.log
SlurmctldPort=${controller}
TaskProlog=${directory}/prolog
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_interval=1,batch_sched_delay=1,bf_interval=1
ReturnToService=2
SlurmdTimeout=10
InactiveLimit=0
KillWait=10
SlurmdParameters=config_overrides
MpiDefault=none
NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${first} CPUs=1 RealMemory=1000
NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port=${second} CPUs=1 RealMemory=1000
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
`;
}

/** The texts of a file of /proc; none of a process that is gone. */
function told(pid: string, file: 'environ' | 'cmdline'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  return Number(stateOf(pid)[1] ?? 0);
}

/** A process that ended is there until its parent asks, which in a container may never come. */
function isAlive(pid: number): boolean {
  return !['Z', undefined].includes(stateOf(pid)[0]);
}

/** The state of a process, and its parent; nothing of one that is gone. */
function stateOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [];
  }
}

function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}
