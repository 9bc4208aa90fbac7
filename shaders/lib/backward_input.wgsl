// The operands of dx = dy w^T, shared by dense_backward_input and its fused form.

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  w_stride: u32,  // vec4 per trial in the arena that holds w
}

const A_ALONG_K = true;
const B_ALONG_K = true;
var<private> inner4: u32;
var<private> rows: u32;
var<private> columns4: u32;
var<private> dy_base: u32;
var<private> w_base: u32;

fn begin(slot: u32) {
  trial = trials[slot];
  inner4 = params.inner4;
  rows = params.rows;
  columns4 = params.columns4;
  dy_base = trial.index * rows * inner4;
  w_base = trial.index * params.w_stride;
}

fn a_row(r: u32) -> u32 {
  return dy_base + r * inner4;
}

fn load_a(row: u32, c4: u32) -> vec4f {
  return dy[row + c4];
}

fn b_row(r: u32) -> u32 {
  return w_base + r * inner4;
}

fn load_b(row: u32, c4: u32) -> vec4f {
  return w[row + c4];
}
