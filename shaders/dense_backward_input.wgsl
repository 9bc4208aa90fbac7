// Gradient of a dense layer with respect to its input:
//
//   dx[t] = dy[t] w[t]^T
//
// dy: [rows, inner], w: [columns, inner], dx: [rows, columns], all padded to multiples of 4 with zeros.
// The layer's outputs are this product's inner dimension, its inputs the columns.
// Grid: x covers the rows, y the columns in tiles of 32, z the trials. One invocation: see the product.
//!include lib/backward_input.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;

fn take(place: u32, value: vec4f) {
  dx[place] = value;
}
