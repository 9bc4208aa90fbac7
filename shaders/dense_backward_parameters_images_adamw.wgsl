// Gradient of the first dense layer's weights and bias, from images, and their AdamW update in one go:
//
//   x[t, k, i] = images[indices[t, offset + k], i] / 255
//   dw[t] = x[t]^T dy[t];  db[t, j] = sum over k, in order, of dy[t, k, j]
//   (w, m, v)[t] <- adamw((w, m, v)[t], (dw, db)[t])      see lib/adamw.wgsl
//
// images: [samples, pixels] bytes; indices: [trials, length]; others as in dense_backward_parameters_adamw.
// Rows of dy beyond a short batch are 0.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/images.wgsl
//!include lib/backward_parameters.wgsl
//!include lib/adamw.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> dy: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> v: array<vec4f>;
