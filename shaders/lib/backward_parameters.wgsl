// The gradient of a dense layer's parameters, weights and bias, in one product: dw = x^T dy, and db is the column sums of dy,
// which the product passes through anyway. Shared by the dense_backward_parameters kernels, which say where x comes from
// (load_a) and what becomes of four neighbouring gradients (take).
//
// A layer's weights and bias are neighbours in their arena: the bias begins bias4 vec4 after the weights.

const A_ALONG_K = false;
const B_ALONG_K = false;
const SUM_B = true;
var<private> rows: u32;
var<private> rows4: u32;
var<private> columns4: u32;
var<private> x_base: u32;  // of x as a tensor
var<private> dy_base: u32;
var<private> layer_base: u32;

fn begin(slot: u32) {
  trial = trials[slot];
  rows = params.rows;
  rows4 = rows / 4u;
  columns4 = params.columns4;
  x_base = trial.index * params.inner4 * 4u * rows4;
  dy_base = trial.index * params.inner4 * 4u * columns4;
  layer_base = trial.index * params.stride;
}

fn b_row(r: u32) -> u32 {
  return dy_base + r * columns4;
}

fn load_b(row: u32, c4: u32) -> vec4f {
  return dy[row + c4];
}

fn store_c(i: u32, j4: u32, sum: vec4f) {
  if (i < rows && j4 < columns4) {
    take(layer_base + i * columns4 + j4, sum);
  }
}

fn store_sum(j4: u32, sum: vec4f) {
  if (j4 < columns4) {
    take(layer_base + params.bias4 + j4, sum);
  }
}

fn finish(i0: u32, lane: u32, lanes: u32) {
}
