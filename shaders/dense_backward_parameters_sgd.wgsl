// Gradient of a dense layer's weights and bias, and their SGD update in one go:
//
//   dw[t] = x[t]^T dy[t];  db[t, j] = sum over k, in order, of dy[t, k, j]
//   (w, m)[t] <- sgd((w, m)[t], (dw, db)[t])      see lib/sgd.wgsl
//
// x: [batch, rows]; dy: [batch, columns]; w, m: weights [rows, columns] and bias [columns] of the layer in
// their arenas. All padded to multiples of 4 with zeros; dy carries the 1/batch of the mean loss.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/tensor.wgsl
//!include lib/backward_parameters.wgsl
//!include lib/sgd.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4f>;
