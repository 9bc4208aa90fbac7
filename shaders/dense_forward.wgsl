// Dense layer, forward, alone or fused with what follows it:
//
//   y[t] = f(x[t] w[t] + b[t])      f: identity, ReLU (RELU), ReLU then dropout (RELU and DROPOUT)
//
// x: [rows, inner], w: [inner, columns], b: [1, columns], y: [rows, columns], all padded to multiples of 4
// with zeros; only y's padding rows hold f(b), as a row of zeros gives. They never count: the loss gives them
// no gradient.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/tensor.wgsl
//!include lib/dense_forward.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;
