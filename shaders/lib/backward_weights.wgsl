// The operands of dw = x^T dy, shared by dense_backward_weights and its fused form.

struct Params {
  rows: u32,      // of dw: the layer's inputs
  inner4: u32,    // the batch
  columns4: u32,  // the layer's outputs
  w_stride: u32,  // vec4 per trial in the arena that is written
}

const A_ALONG_K = false;
const B_ALONG_K = false;
var<private> inner4: u32;
var<private> rows: u32;
var<private> rows4: u32;
var<private> columns4: u32;
var<private> x_base: u32;
var<private> dy_base: u32;

fn begin(slot: u32) {
  trial = trials[slot];
  inner4 = params.inner4;
  rows = params.rows;
  rows4 = rows / 4u;
  columns4 = params.columns4;
  x_base = trial.index * inner4 * 4u * rows4;
  dy_base = trial.index * inner4 * 4u * columns4;
}

fn a_row(r: u32) -> u32 {
  return x_base + r * rows4;
}

fn load_a(row: u32, c4: u32) -> vec4f {
  return x[row + c4];
}

fn b_row(r: u32) -> u32 {
  return dy_base + r * columns4;
}

fn load_b(row: u32, c4: u32) -> vec4f {
  return dy[row + c4];
}
