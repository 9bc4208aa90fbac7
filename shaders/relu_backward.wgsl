// Gradient of ReLU, from its output:
//
//   dx[t] = y[t] > 0 ? dy[t] : 0
//
// y, dy, dx: tensors of one shape. Grid: as lib/elementwise.wgsl says.
//!include lib/elementwise.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dx: array<vec4f>;

fn element(i: u32, place: u32) {
  dx[place] = select(vec4f(), dy[place], y[place] > vec4f());
}
