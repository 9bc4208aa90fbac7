// Gradients of the weights and the biases of all dense layers, and their AdamW update in one go. For layer l:
//
//   x[t, k, i] = images[indices[t, offset + k], i] / 255 in the first layer, else its input
//   dw[t] = x[t]^T dy[t];  db[t, j] = sum over k, in order, of dy[t, k, j]
//   (w, m, v)[t] <- adamw((w, m, v)[t], (dw, db)[t])      see lib/adamw.wgsl
//
// images: [samples, pixels] bytes; indices: [trials, length]; x: [batch, rows] and dy: [batch, columns] of
// each layer, in the arenas 0 to 2; w, m, v: all weights [rows, columns] and biases [columns]. All padded to
// multiples of 4 with zeros; dy carries the 1/batch of the mean loss.
// Grid: x and y number the tiles of all layers, z the trials. One invocation: see the product.
//!include lib/backward_layers.wgsl
//!include lib/adamw.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> arena0: array<vec4f>;
@group(0) @binding(4) var<storage, read> arena1: array<vec4f>;
@group(0) @binding(5) var<storage, read> arena2: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> v: array<vec4f>;
