import { assert } from '../base/errors.js';
import { Random, streams } from '../base/philox.js';
import type { Graph, Parameter } from '../graph/index.js';
import { elements, padded, padRows, unpadRows } from '../kernels/index.js';

/**
 * Initial weights of one trial, laid out as its slice of the parameter arena.
 *
 * PyTorch's default for `nn.Linear`: weights and biases uniform in ±1/sqrt(fan_in). The draws come from the
 * trial's own Philox stream, one substream per parameter, so a layer's weights do not depend on the sizes of
 * the others.
 */
export function initialParameters(graph: Graph, seed: number): Float32Array<ArrayBuffer> {
  const arena = graph.arenas!.parameters;
  const values = new Float32Array(elements(arena));
  let fanIn = 1;
  graph.parameters.forEach((parameter, index) => {
    // A bias follows its weights and shares their fan-in.
    if (parameter.value.vector !== true) fanIn = parameter.value.rows;
    const bound = 1 / Math.sqrt(fanIn);
    const random = new Random(seed, streams.init, index);
    const { rows, columns, view } = parameter.value;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        values[view!.offset + row * padded(columns) + column] = bound * (2 * random.uniform() - 1);
      }
    }
  });
  return values;
}

/** One parameter of a trial's slice of the arena, without padding: row-major `[in, out]`, or `[out]`. */
export function unpackParameter(parameter: Parameter, slice: Float32Array): Float32Array<ArrayBuffer> {
  const { rows, columns, view } = parameter.value;
  const { offset } = view!;
  const matrix = slice.subarray(offset, offset + rows * padded(columns));
  return new Float32Array(unpadRows(matrix, columns).buffer);
}

/**
 * Puts parameters into a trial's slice of the arena: the reverse of `unpackParameter`.
 * @param values by the parameters' names
 */
export function packParameters(
  graph: Graph,
  values: ReadonlyMap<string, Float32Array>,
): Float32Array<ArrayBuffer> {
  const slice = new Float32Array(elements(graph.arenas!.parameters));
  for (const { name, value } of graph.parameters) {
    const { rows, columns, view } = value;
    const given = values.get(name);
    assert(given?.length === rows * columns, `parameter ${name} is not [${rows}, ${columns}]`);
    slice.set(new Float32Array(padRows(given, columns).buffer), view!.offset);
  }
  return slice;
}
