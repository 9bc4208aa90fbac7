// Gradient clipping by the global norm (PyTorch's torch.nn.utils.clip_grad_norm_):
//
//   norm[t] = sqrt(sum over i of squares[t, i])
//   clipped[t] = min(1, max_norm / (norm[t] + 1e-6)) * g[t]      where max_norm is 0: g[t]
//
// g, clipped: the gradients of all parameters, one vector; squares: [parts], by gradient_norm.
// Grid: x covers the vector, z the trials. One invocation: ITEMS vec4, after it has added up the norm.
//!include lib/workgroup_sum.wgsl

override ITEMS: u32 = 4;

struct Params {
  length4: u32,
  stride: u32,         // vec4 from one trial's gradient to the next
  parts: u32,
  squares_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read> squares: array<f32>;
@group(0) @binding(3) var<storage, read_write> clipped: array<vec4f>;

fn factor(norm: f32) -> f32 {
  if (trial.max_norm == 0.0) {
    return 1.0;
  }
  // A norm that is not finite must not become a factor of 0, which would hide it: the trial has diverged.
  if ((bitcast<u32>(norm) & 0x7f800000u) == 0x7f800000u) {
    return norm;
  }
  let divisor = norm + 1e-6;
  return select(1.0, trial.max_norm / divisor, divisor > trial.max_norm);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  var part = 0.0;
  for (var i = lane; i < params.parts; i += WORKGROUP) {
    part += squares[trial.index * params.squares_stride + i];
  }
  let scale = factor(sqrt(workgroup_sum(lane, part)));
  for (var item = 0u; item < ITEMS; item++) {
    let i = (workgroup.x * ITEMS + item) * WORKGROUP + lane;
    if (i < params.length4) {
      let place = trial.index * params.stride + i;
      clipped[place] = scale * g[place];
    }
  }
}
