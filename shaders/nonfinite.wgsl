// Non-finite check:
//
//   flags[t] = max(flags[t], length - i)      over the elements i of x[t] that are NaN or infinite
//
// A flag that is still 0 says that there is none; any other names the first one, in every order of the
// invocations.
// By the exponent bits, because comparisons with NaN are not to be relied on in WGSL, and ReLU can hide it.
// x: length = 4 length4 elements per trial; flags: one u32 per trial, padded to four, cleared by the host.
// Grid: as lib/elementwise.wgsl says.
//!include lib/elementwise.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> flags: array<atomic<u32>>;

fn element(i: u32, place: u32) {
  let exponent = bitcast<vec4u>(x[place]) & vec4u(0x7f800000u);
  let behind = vec4u(4u * (params.length4 - i)) - vec4u(0u, 1u, 2u, 3u);
  let found = select(vec4u(), behind, exponent == vec4u(0x7f800000u));
  let first = max(max(found.x, found.y), max(found.z, found.w));
  if (first != 0u) {
    atomicMax(&flags[4u * trial.index], first);
  }
}
