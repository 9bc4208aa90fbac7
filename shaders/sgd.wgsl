// SGD update, element by element:
//
//   (w, m)[t] <- sgd((w, m)[t], g[t])      see lib/sgd.wgsl
//
// w, m, g: tensors of one shape (they lie in arenas). Grid: as lib/elementwise.wgsl says.
//!include lib/elementwise.wgsl
//!include lib/sgd.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;

fn element(i: u32, place: u32) {
  take(place, g[place]);
}
