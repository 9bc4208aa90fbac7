// Gradient of a dense layer with respect to its bias:
//
//   db[t, j] = sum over i, in order, of dy[t, i, j]
//
// dy: [rows, columns], db: [1, columns], padded to multiples of 4 with zeros.
// Grid: x covers the columns in vec4, z the trials. One invocation: four columns.
//!include lib/trial.wgsl

struct Params {
  rows: u32,
  columns4: u32,
  b_stride: u32,  // vec4 per trial in the arena that holds db
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> db: array<vec4f>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let j4 = workgroup.x * 8u + lane;
  if (j4 >= params.columns4) {
    return;
  }
  let base = trial.index * params.rows * params.columns4 + j4;
  var sum = vec4f();
  for (var i = 0u; i < params.rows; i++) {
    sum += dy[base + i * params.columns4];
  }
  db[trial.index * params.b_stride + j4] = sum;
}
