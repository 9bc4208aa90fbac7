/** Writes a network of a run in a format that other programs read. */
import { dirname, join } from 'node:path';
import { EngineError } from '../../base/errors.js';
import { commandLine } from '../../platform/command-line.js';
import { platform } from '../../platform/index.js';
import { defineCommand } from '../command.js';
import { exportFormats, exportNetwork } from '../../tools/networks/export-formats.js';
import { networkFacts, networkText, readNetwork } from '../../tools/networks/run-network.js';
import { named, networkOptions, oneOf, runWord } from '../shared-options.js';
import { checkOutputDirectory, checkOutputFile, replaceFile } from '../save.js';
import { defaulting } from '../option.js';

export const command = defineCommand({
  name: 'export',
  group: 'results',
  summary: 'write a network of a run for PyTorch, ONNX runtimes or NumPy',
  words: [runWord],
  options: {
    format: defaulting(
      oneOf('--format', 'for PyTorch, ONNX runtimes or NumPy', exportFormats),
      'safetensors',
    ),
    ...networkOptions,
    gives: defaulting(
      oneOf('--output', 'what an ONNX model gives; other formats hold weights only', [
        'logits',
        'probabilities',
      ]),
      'logits',
    ),
    out: named('--out', 'FILE', 'where it goes (default: beside the checkpoint in the run)'),
  },
  quiet: 'the name of the file only',
  run: async ({ words, given, format, gives, out, ...choice }, { output }) => {
    if (given.gives !== undefined && format !== 'onnx')
      throw new EngineError('usage', `--output does not apply to ${format}`, {
        expected: '--output with --format onnx: a file of weights has no output',
        remedy: `leave it out, or see ${commandLine('export', '--help')}`,
      });
    if (out !== undefined) checkOutputFile(out);
    const network = readNetwork(words[0]!, choice);
    const { bytes, fileName, usage } = await exportNetwork(network, format, gives);
    const path = out ?? join(dirname(network.checkpoint.path), fileName);
    const elsewhere = 'name a file elsewhere with --out FILE';
    if (out === undefined) checkOutputDirectory(dirname(path), 'the run', elsewhere);
    replaceFile(path, bytes, `run the command again; or ${elsewhere}`);
    const sha256 = platform.sha256(bytes);
    output.event({ event: 'exported', path, format, bytes: bytes.length, sha256, ...networkFacts(network) });
    output.info(`network: ${networkText(network)}, of ${network.run.directory}`);
    output.result(path);
    output.info(`\n${usage(path)}`);
    return 0;
  },
});
