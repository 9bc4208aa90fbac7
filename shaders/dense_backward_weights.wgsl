// Gradient of a dense layer with respect to its weights:
//
//   dw[t] = x[t]^T dy[t]
//
// x: [batch, rows], dy: [batch, columns], dw: [rows, columns], all padded to multiples of 4 with zeros. dy
// already carries the 1/batch of the mean loss, and its rows beyond a short batch are 0.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/tensor.wgsl
//!include lib/backward_weights.wgsl
//!include lib/product_hooks.wgsl
//!include product.wgsl

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  a_stride: u32,
  b_stride: u32,
  c_stride: u32,
  band: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dw: array<vec4f>;

fn take(place: u32, value: vec4f) {
  dw[place] = value;
}
