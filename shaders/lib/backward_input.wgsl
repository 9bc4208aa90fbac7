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

fn load_a(i: u32, k4: u32) -> vec4f {
  return dy[dy_base + i * inner4 + k4];
}

fn load_b(j: u32, k4: u32) -> vec4f {
  return w[w_base + j * inner4 + k4];
}
