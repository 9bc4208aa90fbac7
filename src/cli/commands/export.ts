/** scripts/export.js: writes a network of a run in a format that other programs read. */
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { exportNetwork, exportFormats, type ExportFormat } from '../export-formats.js';
import { parseWords, type OptionSpec } from '../arguments.js';
import { exitCodeOf, type CommandContext } from '../command.js';
import { helpText } from '../help.js';
import {
  networkChoice,
  networkFacts,
  networkOptions,
  networkText,
  readNetwork,
  type NetworkChoice,
} from '../network.js';
import { commandOutput, type Output } from '../output.js';
import { oneRun } from '../run-word.js';
import { checkOutputDirectory, replaceFile } from '../save.js';
import { name, oneOf } from '../values.js';

const helpCommand = 'node scripts/export.js --help';

export const exportOptions: readonly OptionSpec[] = [
  {
    flag: '--format',
    value: 'safetensors|onnx|npz',
    help: 'for PyTorch, for ONNX runtimes, or for NumPy (default safetensors)',
  },
  ...networkOptions,
  {
    flag: '--output',
    value: 'logits|probabilities',
    help: 'what an ONNX model gives (default logits); others hold weights only',
  },
  { flag: '--out', value: 'FILE', help: 'where it goes (default: beside the checkpoint in the run)' },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the name of the file only' },
  { flag: '--help', value: null, help: 'this text' },
];

interface ExportSettings {
  readonly run: string;
  readonly format: ExportFormat;
  readonly choice: NetworkChoice;
  readonly output: 'logits' | 'probabilities';
  readonly out: string | undefined;
}

/** @returns the exit code; never throws */
export function exportCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  const { stdout, stderr, signal } = context;
  const output = commandOutput(argv, { stdout, stderr });
  return exitCodeOf(output, signal, () => {
    const { values, words } = parseWords(exportOptions, argv, helpCommand);
    if (values.has('--help')) {
      output.result(helpText('node scripts/export.js RUN [options]', exportOptions));
      return Promise.resolve(0);
    }
    const format = oneOf('--format', values.get('--format') ?? 'safetensors', exportFormats);
    const asked = values.get('--output');
    if (asked !== undefined && format !== 'onnx')
      throw new EngineError('usage', `--output does not apply to ${format}`, {
        expected: '--output with --format onnx: a file of weights has no output',
        remedy: `leave it out, or see ${helpCommand}`,
      });
    const out = values.get('--out');
    const settings: ExportSettings = {
      run: oneRun(words, helpCommand),
      format,
      choice: networkChoice(values),
      output: oneOf('--output', asked ?? 'logits', ['logits', 'probabilities']),
      out: out === undefined ? undefined : name('--out', out),
    };
    if (settings.out !== undefined) checkFile(settings.out);
    return write(settings, output);
  });
}

/** @throws EngineError `usage` */
function checkFile(path: string): void {
  checkOutputDirectory(dirname(resolve(path)));
  if (existsSync(path) && !statSync(path).isFile())
    throw new EngineError('usage', `--out ${path} is not a file`, {
      expected: 'a file that may be replaced, or a path at which one can be made',
      remedy: 'name another file with --out',
    });
}

async function write(
  { run, format, choice, output: gives, out }: ExportSettings,
  output: Output,
): Promise<number> {
  const network = readNetwork(run, choice);
  const { bytes, fileName, usage } = await exportNetwork(network, format, gives);
  const path = out ?? join(dirname(network.checkpoint.path), fileName);
  if (out === undefined) checkOutputDirectory(dirname(resolve(path)), 'RUN');
  replaceFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  output.event({ event: 'exported', path, format, bytes: bytes.length, sha256, ...networkFacts(network) });
  output.info(`network: ${networkText(network)}, of ${network.run.directory}`);
  output.result(path);
  output.info(`\n${usage(path)}`);
  return 0;
}
