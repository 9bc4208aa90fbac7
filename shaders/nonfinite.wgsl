// Non-finite check:
//
//   flags[t] |= 1 if any element of x[t] is NaN or infinite
//
// By the exponent bits, because comparisons with NaN are not to be relied on in WGSL, and ReLU can hide it.
// x: length4 vec4 per trial, `stride` vec4 apart; flags: one u32 per trial, padded to
// four, cleared by the host.
// Grid: x covers the length (lib/span.wgsl), z the trials.
//!include lib/trial.wgsl
//!include lib/span.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> flags: array<atomic<u32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let base = trial.index * params.stride;
  var found = false;
  for (var item = 0u; item < ITEMS; item++) {
    let i = span_index(workgroup.x, item, lane);
    if (i < params.length4) {
      let exponent = bitcast<vec4u>(x[base + i]) & vec4u(0x7f800000u);
      found = found || any(exponent == vec4u(0x7f800000u));
    }
  }
  if (found) {
    atomicOr(&flags[4u * trial.index], 1u);
  }
}
