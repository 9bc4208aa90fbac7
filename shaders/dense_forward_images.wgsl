// The first dense layer, forward, fused with the gather of its batch: as dense_forward, with
//
//   x[t, i, k] = images[indices[t, offset + i], k] / 255
//
// images: [samples, pixels] bytes, rows padded to whole u32; indices: [trials, length]; other shapes as in
// dense_forward.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/images.wgsl
//!include lib/dense_forward.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> w: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
