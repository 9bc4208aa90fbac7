/** Networks as files of other programs, and how these read them. */
import { parametersOf } from '../../formats/dense.js';
import { encodeNpz } from '../../formats/npz.js';
import { encodeOnnx } from '../../formats/onnx.js';
import { encodeSafetensors } from '../../formats/safetensors.js';
import { asPython, sequential, stateDict } from '../../formats/torch.js';
import { networkText, type RunNetwork } from './run-network.js';
import { dropoutByLayer } from '../../train/settings.js';
import { platform } from '../../platform/index.js';

/** A file as it is to be written. */
export interface ExportedFile {
  readonly bytes: Uint8Array;
  /** What it is called where nobody named it. */
  readonly fileName: string;
  /** Lines of Python that load it. */
  readonly usage: (path: string) => string;
}

function asSafetensors(network: RunNetwork): ExportedFile {
  const modules = sequential(network.layers, dropoutByLayer(network.config));
  const python = asPython(modules);
  // Readers of PyTorch's world ask for this format.
  const metadata = new Map([['format', 'pt'], ['module', python], ...metadataOf(network)]);
  return {
    bytes: encodeSafetensors(stateDict(modules), metadata),
    // Beside the checkpoint, whose parameters have other names and layouts.
    fileName: `${network.which}.torch.safetensors`,
    usage: (path) =>
      [
        'import safetensors.torch',
        'from torch import nn',
        `model = ${python}`,
        `model.load_state_dict(safetensors.torch.load_file(${JSON.stringify(path)}))`,
        `model.eval()  # ${inputText(network)} -> logits`,
      ].join('\n'),
  };
}

function asOnnx(network: RunNetwork, output: 'logits' | 'probabilities'): ExportedFile {
  const description = `${networkText(network)}; input: ${inputText(network)}; output: ${output}`;
  const bytes = encodeOnnx(network.layers, {
    output,
    producerVersion: platform.versions()['wgsl-train'],
    description,
    metadata: metadataOf(network),
  });
  return {
    bytes,
    fileName: `${network.which}.onnx`,
    usage: (path) =>
      [
        'import onnxruntime',
        `session = onnxruntime.InferenceSession(${JSON.stringify(path)})`,
        `${output}, = session.run(None, {"input": x})  # ${inputText(network)}`,
      ].join('\n'),
  };
}

async function asNpz(network: RunNetwork): Promise<ExportedFile> {
  const { layers, which } = network;
  return {
    bytes: await encodeNpz(parametersOf(layers)),
    fileName: `${which}.npz`,
    usage: (path) =>
      [
        'import numpy',
        `p = numpy.load(${JSON.stringify(path)})`,
        `for k in range(${layers.length}):  # x: ${inputText(network)}`,
        '    x = (numpy.maximum(x, 0) if k else x) @ p[f"layer{k}.weight"] + p[f"layer{k}.bias"]',
      ].join('\n'),
  };
}

/** The formats by name. `output` is what an ONNX model gives. */
const formats = { safetensors: asSafetensors, onnx: asOnnx, npz: asNpz };

export type ExportFormat = keyof typeof formats;
export const exportFormats = Object.keys(formats) as ExportFormat[];

export function exportNetwork(
  network: RunNetwork,
  format: ExportFormat,
  output: 'logits' | 'probabilities',
): ExportedFile | Promise<ExportedFile> {
  return formats[format](network, output);
}

function inputText({ inputs, run }: RunNetwork): string {
  const what = run.summary.dataset.input === null ? 'features as in the data set' : 'pixels / 255';
  return `float32 [N, ${inputs}], ${what}`;
}

/** What a file says of where it comes from; texts, because the formats know no others. */
function metadataOf(network: RunNetwork): ReadonlyMap<string, string> {
  const { run, variant, record, checkpoint, config, classNames } = network;
  const { experiment, dataset } = run.summary;
  return new Map([
    ['wgsl-train', platform.versions()['wgsl-train']],
    ['experiment', String(experiment)],
    ['variant', variant],
    ['seed', String(record.seed)],
    ['epoch', String(checkpoint.epoch)],
    ['config', JSON.stringify(config)],
    ['dataset', JSON.stringify({ name: dataset.name, sha256: dataset.sha256 })],
    ['classes', JSON.stringify(classNames)],
    ['input', inputText(network)],
    // What a picture has to look like; absent where nothing was recorded.
    ...(dataset.input == null ? [] : [['input_format', JSON.stringify(dataset.input)] as const]),
  ]);
}
