// Gradient of a dense layer with respect to its input, fused with the backward pass of the ReLU (and dropout,
// DROPOUT) that made this input:
//
//   dz[t] = (dy[t] w[t]^T) * (a[t] > 0 ? scale : 0)      scale: 1 / (1 - p) with dropout, else 1
//
// a: the activation as the forward pass stored it, [rows, columns]. A value that ReLU or dropout set to 0 is
// 0 there, and one that both let through is positive, so the mask need not be drawn again. Other shapes as in
// dense_backward_input.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/dropout.wgsl
//!include lib/backward_input.wgsl

override DROPOUT: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> a: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dz: array<vec4f>;

fn take(place: u32, value: vec4f) {
  let scaled = value * select(1.0, keep_scale(params.layer), DROPOUT);
  dz[place] = select(vec4f(), scaled, a[place] > vec4f());
}
