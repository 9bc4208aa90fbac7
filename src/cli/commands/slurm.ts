/** Prints a run's units as a Slurm job array, or submits it. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../base/errors.js';
import { commandLine } from '../../platform/command-line.js';
import { replaceFile } from '../../runs/index.js';
import { slurmScript } from '../../tools/slurm/script.js';
import { defineCommand } from '../command.js';
import { switchOption } from '../option.js';
import { counted, named } from '../shared-options.js';
import { unitsOfRun } from '../train/config.js';
import { unitLimit } from '../train/unit-option.js';

const scriptFile = 'slurm.sh';

export const command = defineCommand({
  name: 'slurm',
  group: 'train',
  summary: 'print a script that trains the units of a run as a Slurm job array, or submit it',
  about: [
    'The script is plain bash: bash FILE submits the units, and the merge, which waits for them. ' +
      "Slurm's own variables, such as SBATCH_ACCOUNT, are heeded.",
  ],
  words: [{ name: 'RUN', help: 'the directory of a run in units, on a file system that all nodes see' }],
  options: {
    array: counted('--array', 'LIMIT', 'how many units are trained at the same time (default: all)', [
      1,
      unitLimit,
    ]),
    time: named('--time', 'TIME', 'the time limit of a unit, 60 s before which it writes a checkpoint'),
    partition: named('--partition', 'NAME', 'the partition of all jobs'),
    gres: named('--gres', 'LIST', 'what a unit needs, such as gpu:1; the merge needs no GPU'),
    submit: switchOption('--submit', `write the script to RUN/${scriptFile} and run it`),
  },
  quiet: 'what was asked for',
  run: ({ words, array, time, partition, gres, submit }, { output }) => {
    const { directory, units } = unitsOfRun(words[0]!);
    const run = resolve(directory);
    const script = slurmScript({
      run,
      units,
      node: process.execPath,
      train: fileURLToPath(new URL('../../../scripts/train.js', import.meta.url)),
      atOnce: array,
      unitOptions: [
        ...(time === undefined ? [] : [`--time=${time}`]),
        ...(gres === undefined ? [] : [`--gres=${gres}`]),
      ],
      options: partition === undefined ? [] : [`--partition=${partition}`],
    });
    if (!submit) {
      output.result(script.trimEnd());
      output.event({ event: 'slurm', path: run, units, script });
      return 0;
    }
    const file = join(run, scriptFile);
    replaceFile(file, script);
    const jobs = submitted(file);
    output.result(jobs);
    output.info(`look: squeue, or ${commandLine('status', run)}`);
    output.event({ event: 'submitted', path: run, units, script: file, jobs });
    return 0;
  },
});

/** @throws EngineError `usage` where Slurm does not take it, with what it said */
function submitted(file: string): string {
  const { status, stdout, stderr, error } = spawnSync('bash', [file], { encoding: 'utf8' });
  if (status === 0) return stdout.trimEnd();
  throw new EngineError('usage', 'Slurm did not take the jobs', {
    found: [stdout, stderr, error?.message]
      .map((text) => text?.trim())
      .filter(Boolean)
      .join('\n'),
    expected: 'sbatch, and options that it takes',
    remedy: `submit where sbatch works: bash ${file}`,
  });
}
