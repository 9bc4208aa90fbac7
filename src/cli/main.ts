import { runAsProcess, type Command } from './command.js';
import { benchCommand } from './bench-command.js';
import { contenderCommand } from './bench/contender-command.js';
import { startTraceCommand } from './bench/start-trace.js';
import { compareCommand } from './compare-command.js';
import { contactSheetCommand } from './contact-sheet.js';
import { dataCommand } from './data-command.js';
import { doctorCommand } from './doctor-command.js';
import { evaluateCommand } from './evaluate-command.js';
import { exportCommand } from './export-command.js';
import { parityCommand } from './parity.js';
import { predictCommand } from './predict-command.js';
import { profileCommand } from './profile-command.js';
import { repeatCommand } from './repeat-command.js';
import { scaleCommand } from './scale-command.js';
import { serveCommand } from './serve-command.js';
import { trainCommand } from './train-command.js';
import { tuneCommand } from './tune-command.js';

const commands = {
  train: trainCommand,
  parity: parityCommand,
  'contact-sheet': contactSheetCommand,
  bench: benchCommand,
  contender: contenderCommand,
  'start-trace': startTraceCommand,
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
