// Gradient of inverted dropout; the mask of the forward pass is drawn again:
//
//   dx[t] = keep(t, step, layer, position) ? dy[t] / (1 - p[t]) : 0      see lib/dropout.wgsl
//
// dy, dx: tensors of one shape. Grid: as lib/elementwise.wgsl says.
//!include lib/elementwise.wgsl
//!include lib/dropout.wgsl

struct Params {
  length4: u32,
  stride: u32,
  layer: u32,  // tells the masks of several dropout layers apart
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

fn element(i: u32, place: u32) {
  dx[place] = dropout(dy[place], i, params.layer);
}
