// The first dense layer, forward, fused with the gather of its batch: as dense_forward, with
//
//   x[t, i, k] = images[indices[t, offset + i], k] / 255
//
// images: [samples, pixels] bytes, rows padded to whole u32; indices: [trials, length]; other shapes as in dense_forward.
// Grid: x covers the rows and y the columns in tiles of 32, z the trials. The product decides what one invocation does.
//!include lib/trial.wgsl
//!include lib/dropout.wgsl
//!include lib/images.wgsl
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
  indices_stride: u32,
  image4: u32,    // u32 per image
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> w: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;

const A_ALONG_K = true;
const B_ALONG_K = false;
var<private> rows: u32;
var<private> columns4: u32;
var<private> w_base: u32;

fn begin(slot: u32) {
  trial = trials[slot];
  rows = params.rows;
  columns4 = params.columns4;
  w_base = trial.index * params.w_stride;
}

fn b_row(r: u32) -> u32 {
  return w_base + r * columns4;
}

fn load_b(row: u32, c4: u32) -> vec4f {
  return w[row + c4];
}
