/** A run's units as a Slurm job array: one script in plain bash, which submits itself. */

/** What a script is filled in with. Paths are absolute, and the same on every node. */
export interface SlurmJob {
  readonly run: string;
  readonly units: number;
  readonly node: string;
  /** scripts/train.js. */
  readonly train: string;
  /** How many units are trained at the same time; all if left out. */
  readonly atOnce?: number | undefined;
  /** Options of sbatch for the units, such as `--gres=gpu:1`. */
  readonly unitOptions: readonly string[];
  /** Options of sbatch for the units and for the merge. */
  readonly options: readonly string[];
}

/** A word that bash reads as this text. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What a task of the array runs: one unit, and what its exit code means. */
const unitFunctions = `unit() {
  local training code heard ended=
  # Not SLURM_JOB_ID: of one of the tasks this is the number of the whole array.
  task="\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
  # Of Slurm, 60 s before the time limit: the training writes its checkpoint and ends with 75.
  trap 'heard=yes; kill -TERM "$training"' USR1
  # Of scancel or preemption. The training gets it too, and Slurm decides what comes next.
  trap 'heard=yes; ended=yes' TERM
  "$node" "$train" --config "$run/config.json" --out "$run" --unit "$SLURM_ARRAY_TASK_ID/$units" &
  training=$!
  # A signal ends \`wait\` before the training has ended.
  while heard=; wait "$training"; code=$?; [ -n "$heard" ]; do :; done
  case $code in
    0 | 4) exit 0 ;; # Done. 4: a trial diverged, which the merge says.
    2 | 65 | 66) exit "$code" ;; # It would fail again.
    75 | 130) again ;;
    69) again && leave_node ;;
    *) [ "\${SLURM_RESTART_COUNT:-0}" -ge 5 ] || again ;; # Not written, killed, ...
  esac
  exit "$code"
}

again() {
  [ -z "$ended" ] || exit "$code"
  # The requeue sends it to all that runs here, which is to ask Slurm to the end.
  trap '' TERM
  echo "unit $SLURM_ARRAY_TASK_ID: exit code $code on $SLURMD_NODENAME, back in the queue"
  scontrol requeue "$task"
}

# The unit does not come back to this node. Where no other node is left, it waits.
leave_node() {
  local before
  before=$(squeue --noheader --jobs="$task" --format=%x)
  scontrol update JobId="$task" ExcNodeList="\${before:+$before,}$SLURMD_NODENAME"
}
`;

/**
 * The script: `bash FILE` submits the array and the merge, `FILE unit` and `FILE merge` are what Slurm runs.
 * docs/many-machines.md has the table of exit codes that it follows.
 */
export function slurmScript({ run, units, node, train, atOnce, unitOptions, options }: SlurmJob): string {
  const array = `0-${units - 1}${atOnce === undefined ? '' : `%${atOnce}`}`;
  const lines = (each: readonly string[]): string =>
    each.map((option) => `    ${quoted(option)} \\\n`).join('');
  return `#!/bin/bash
# Trains the units of a run as a Slurm job array, then merges them. Submit both: bash THIS_FILE
# Slurm runs it again when the script asks for it (scontrol requeue); nothing else retries.

run=${quoted(run)}
units=${units}
node=${quoted(node)}
train=${quoted(train)}

submit() {
  # In the name of a log file, % starts a pattern of Slurm's.
  local array log=\${run//%/%%}
  array=$(sbatch --parsable --job-name=wgsl-train --array=${array} --requeue --signal=B:USR1@60 \\
    --open-mode=append --output="$log/slurm-%a.log" \\
${lines([...options, ...unitOptions])}    "$1" unit) || exit
  echo "units: job $array"
  # Without a GPU; cancelled if a unit fails for good.
  sbatch --job-name=wgsl-train-merge --dependency="afterok:\${array%;*}" --kill-on-invalid-dep=yes \\
    --open-mode=append --output="$log/slurm-merge.log" \\
${lines(options)}    "$1" merge
}

${unitFunctions}
case \${1:-submit} in
  submit) submit "$0" ;;
  unit) unit ;;
  merge) exec "$node" "$train" --resume "$run" ;;
esac
`;
}
