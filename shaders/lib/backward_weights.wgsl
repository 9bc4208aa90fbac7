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

fn load_a(k: u32, i4: u32) -> vec4f {
  return x[x_base + k * rows4 + i4];
}

fn load_b(k: u32, j4: u32) -> vec4f {
  return dy[dy_base + k * columns4 + j4];
}
