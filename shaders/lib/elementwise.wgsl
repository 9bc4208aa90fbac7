// The main loop of elementwise kernels: each workgroup owns WORKGROUP * ITEMS neighbouring vec4 of a trial's
// slice and takes them WORKGROUP at a time, so that neighbouring lanes read neighbouring addresses.
// Grid: x covers the length, z the trials. One invocation: ITEMS vec4.
//
// The kernel that includes this declares params.length4 (vec4 in a slice), params.stride (vec4 from one
// trial's slice to the next) and element(i, place): what becomes of vec4 number i of the slice, which lies at
// `place`.
//!include lib/trial.wgsl

override WORKGROUP: u32 = 64;
override ITEMS: u32 = 4;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let base = trial.index * params.stride;
  for (var item = 0u; item < ITEMS; item++) {
    let i = (workgroup.x * ITEMS + item) * WORKGROUP + lane;
    if (i < params.length4) {
      element(i, base + i);
    }
  }
}
