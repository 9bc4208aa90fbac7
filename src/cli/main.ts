import { runAsProcess, type Command } from './command.js';
import { benchCommand } from './commands/bench.js';
import { contenderCommand } from './contender.js';
import { compareCommand } from './commands/compare.js';
import { dataCommand } from './commands/data.js';
import { doctorCommand } from './commands/doctor.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { predictCommand } from './commands/predict.js';
import { profileCommand } from './commands/profile.js';
import { repeatCommand } from './commands/repeat.js';
import { scaleCommand } from './commands/scale.js';
import { serveCommand } from './commands/serve.js';
import { trainCommand } from './commands/train.js';
import { tuneCommand } from './commands/tune.js';

const commands = {
  train: trainCommand,
  bench: benchCommand,
  contender: contenderCommand,
  scale: scaleCommand,
  profile: profileCommand,
  tune: tuneCommand,
  data: dataCommand,
  doctor: doctorCommand,
  export: exportCommand,
  predict: predictCommand,
  evaluate: evaluateCommand,
  compare: compareCommand,
  serve: serveCommand,
  repeat: repeatCommand,
} as const satisfies Readonly<Record<string, Command>>;

/** Runs the command behind a script of scripts/ with this process's arguments, and sets the exit code. */
export function main(command: keyof typeof commands): Promise<void> {
  return runAsProcess(commands[command]);
}
