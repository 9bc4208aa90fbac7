// Copy, for profiles: the rate at which this adapter moves memory when it does nothing else.
//
//   y[t] = x[t]
//
// x, y: tensors of one shape, length4 vec4 per trial. Grid: x covers the length (lib/span.wgsl), z the trials.
// Work: two vec4 of traffic per vec4, no arithmetic.
//!include lib/trial.wgsl
//!include lib/span.wgsl

struct Params {
  length4: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let base = trial.index * params.length4;
  for (var item = 0u; item < ITEMS; item++) {
    let i = span_index(workgroup.x, item, lane);
    if (i < params.length4) {
      y[base + i] = x[base + i];
    }
  }
}
