// ReLU:
//
//   y[t] = max(x[t], 0)
//
// x, y: tensors of one shape. Grid: as lib/elementwise.wgsl says.
//!include lib/elementwise.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

fn element(i: u32, place: u32) {
  y[place] = max(x[place], vec4f());
}
