// Dense layer, forward, alone or fused with what follows it:
//
//   y[t] = f(x[t] w[t] + b[t])      f: identity, ReLU (RELU), ReLU then dropout (RELU and DROPOUT)
//
// x: [rows, inner], w: [inner, columns], b: [1, columns], y: [rows, columns], all padded to multiples of 4 with zeros; only
// y's padding rows hold f(b), as a row of zeros gives. They never count: the loss gives them no gradient.
// Grid: x covers the rows and y the columns in tiles of 32, z the trials. The product decides what one invocation does.
//!include lib/trial.wgsl
//!include lib/dropout.wgsl
//!include lib/dense_output.wgsl
//!include lib/product_hooks.wgsl
//!include product.wgsl

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  w_stride: u32,  // vec4 per trial in the arena that holds w; the same for b
  b_stride: u32,
  layer: u32,     // tells the masks of several dropout layers apart
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

const A_ALONG_K = true;
const B_ALONG_K = false;
var<private> inner4: u32;
var<private> rows: u32;
var<private> columns4: u32;
var<private> x_base: u32;
var<private> w_base: u32;

fn begin(slot: u32) {
  trial = trials[slot];
  inner4 = params.inner4;
  rows = params.rows;
  columns4 = params.columns4;
  x_base = trial.index * rows * inner4;
  w_base = trial.index * params.w_stride;
}

fn a_row(r: u32) -> u32 {
  return x_base + r * inner4;
}

fn load_a(row: u32, c4: u32) -> vec4f {
  return x[row + c4];
}

fn b_row(r: u32) -> u32 {
  return w_base + r * columns4;
}

fn load_b(row: u32, c4: u32) -> vec4f {
  return w[row + c4];
}
