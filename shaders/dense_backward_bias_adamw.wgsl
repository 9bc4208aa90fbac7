// Gradient of a dense layer's bias and its AdamW update in one go:
//
//   g[j] = sum over i, in order, of dy[t, i, j];  (b, m, v)[t] <- adamw((b, m, v)[t], g)      see lib/adamw.wgsl
//
// dy: [rows, columns]; b, m, v: [1, columns], padded to multiples of 4 with zeros.
// Grid: x covers the columns in vec4, z the trials. One invocation: four columns.
//!include lib/trial.wgsl
//!include lib/adamw.wgsl
//!include lib/backward_bias.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let j4 = workgroup.x * 8u + lane;
  if (j4 >= params.columns4) {
    return;
  }
  let place = trial.index * params.b_stride + j4;
  let next = adamw_step(AdamState(w[place], m[place], v[place]), column_sum(j4));
  w[place] = next.p;
  m[place] = next.m;
  v[place] = next.v;
}
