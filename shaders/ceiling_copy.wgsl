// Copy, for profiles: the rate at which this adapter moves memory when it does nothing else.
//
//   y[t] = x[t]
//
// x, y: tensors of one shape. Grid: as lib/elementwise.wgsl says.
// Work: two vec4 of traffic per vec4, no arithmetic.
//!include lib/elementwise.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

fn element(i: u32, place: u32) {
  y[place] = x[place];
}
