import { requireChain, type DenseLayer } from './dense.js';
import { bytes, encodeMessage, integer, message, text, type Field } from './protobuf.js';
import { bytesOf } from './tensor.js';

/**
 * ONNX models (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, whose field numbers stand here): a
 * chain of dense layers with ReLU between them.
 *
 *   input [N, in] -> Gemm -> Relu -> ... -> Gemm -> logits [N, classes]
 *   ( -> Softmax -> probabilities [N, classes] )
 *
 * Gemm takes the weights as the engine stores them, [in, out]. N is symbolic: any number of rows.
 */

/**
 * The operators are those of opset 13 and the file is of version 7 (ONNX 1.8, 2020): old enough for the
 * runtimes in use, and the first opset whose Softmax means what its axis says.
 */
const opset = 13;
const irVersion = 7;

/** Enums of the schema. */
const elementType = { float: 1 } as const;
const attributeType = { int: 2 } as const;

export interface OnnxOptions {
  /** What the model gives; the name of its output. */
  readonly output: 'logits' | 'probabilities';
  /** The version of this package. */
  readonly producerVersion: string;
  /** For people: what the model is and what its input must be. */
  readonly description: string;
  /** Free texts by name, such as the experiment, the seed and the names of the classes. */
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Writes a model; the same layers and options give the same bytes.
 * @throws EngineError `bug` if the layers make no network
 */
export function encodeOnnx(layers: readonly DenseLayer[], options: OnnxOptions): Uint8Array {
  requireChain(layers);
  return encodeMessage([
    integer(1, irVersion),
    text(2, 'wgsl-train'),
    text(3, options.producerVersion),
    text(6, options.description),
    message(7, ...graph(layers, options.output)),
    // The empty domain is that of ONNX's own operators.
    message(8, text(1, ''), integer(2, opset)),
    ...Array.from(options.metadata, ([key, value]) => message(14, text(1, key), text(2, value))),
  ]);
}

function graph(layers: readonly DenseLayer[], output: OnnxOptions['output']): Field[] {
  const last = layers.length - 1;
  const nodes: Field[] = [];
  let value = 'input';
  layers.forEach((_, index) => {
    const y = index === last ? 'logits' : `layer${index}`;
    nodes.push(node('Gemm', y, [value, `layer${index}.weight`, `layer${index}.bias`]));
    value = y;
    if (index === last) return;
    nodes.push(node('Relu', `${y}.relu`, [y]));
    value = `${y}.relu`;
  });
  if (output === 'probabilities')
    nodes.push(
      node(
        'Softmax',
        output,
        [value],
        message(5, text(1, 'axis'), integer(3, 1), integer(20, attributeType.int)),
      ),
    );
  return [
    ...nodes,
    text(2, 'wgsl-train'),
    ...layers.flatMap(({ inputs, outputs, weights, bias }, index) => [
      initializer(`layer${index}.weight`, [inputs, outputs], weights),
      initializer(`layer${index}.bias`, [outputs], bias),
    ]),
    message(11, ...valueInfo('input', layers[0]!.inputs)),
    message(12, ...valueInfo(output, layers[last]!.outputs)),
  ];
}

/** NodeProto; a node is named after its output. */
function node(operator: string, output: string, inputs: readonly string[], ...attributes: Field[]): Field {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, output),
    text(4, operator),
    ...attributes,
  );
}

/** TensorProto, with its elements as they lie in memory. */
function initializer(name: string, shape: readonly number[], data: Float32Array): Field {
  return message(
    5,
    ...shape.map((side) => integer(1, side)),
    integer(2, elementType.float),
    text(8, name),
    bytes(9, bytesOf(data)),
  );
}

/** ValueInfoProto of a float tensor [N, columns]. */
function valueInfo(name: string, columns: number): Field[] {
  const shape = message(2, message(1, text(2, 'N')), message(1, integer(1, columns)));
  return [text(1, name), message(2, message(1, integer(1, elementType.float), shape))];
}
