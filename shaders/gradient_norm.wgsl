// The squared norm of a trial's whole gradient, in parts that clip_gradients adds up:
//
//   squares[t, i] = sum over part i of g[t], in a fixed order, of g^2
//
// g: the gradients of all parameters, padding and gaps 0; a part is `part4` neighbouring vec4 of it, and may
// be empty. squares: [parts].
// Grid: x covers the parts, z the trials. One invocation: every WORKGROUP-th vec4 of its part.
//!include lib/workgroup_sum.wgsl

struct Params {
  length4: u32,
  stride: u32,         // vec4 from one trial's gradient to the next
  part4: u32,
  squares_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> squares: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let start = workgroup.x * params.part4;
  let end = min(start + params.part4, params.length4);
  var sum = vec4f();
  for (var i = start + lane; i < end; i += WORKGROUP) {
    let value = g[trial.index * params.stride + i];
    sum += value * value;
  }
  let total = workgroup_sum(lane, (sum.x + sum.y) + (sum.z + sum.w));
  if (lane == 0u) {
    squares[trial.index * params.squares_stride + workgroup.x] = total;
  }
}
