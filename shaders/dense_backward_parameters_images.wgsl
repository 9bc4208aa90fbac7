// Gradient of the first dense layer with respect to its weights and bias, with the gather of its batch:
//
//   x[t, k, i] = images[indices[t, offset + k], i] / 255
//   dw[t] = x[t]^T dy[t];  db[t, j] = sum over k, in order, of dy[t, k, j]
//
// images: [samples, pixels] bytes; indices: [trials, length]; other shapes as in dense_backward_parameters.
// Rows of dy beyond a short batch are 0.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/images.wgsl
//!include lib/backward_parameters.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> g: array<vec4f>;

fn take(place: u32, gradient: vec4f) {
  g[place] = gradient;
}
