// Softmax cross-entropy with its gradient, row by row:
//
//   loss[t, i] = log(sum over c of exp(z[t, i, c] - max)) + max - z[t, i, label]
//   dz[t, i, c] = (softmax(z[t, i])[c] - (c == label)) / batch      with SMOOTHING: see lib/softmax.wgsl
//   predicted[t, i] = the first c with the largest z
//
// z, dz: [rows, classes] padded to multiples of 4; labels, predicted: u32 [rows]; loss: [rows]. Rows from
// step.rows on (a short batch) and padding columns get loss 0 and gradient 0; the predictions of such rows
// are no class.
// Grid: x covers the rows, z the trials. One invocation: one row.
//!include lib/trial.wgsl
//!include lib/softmax.wgsl

struct Params {
  rows: u32,
  classes: u32,
  columns4: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> z: array<vec4f>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> dz: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> predicted: array<u32>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let row = workgroup.x * 8u + lane;
  if (row >= params.rows) {
    return;
  }
  let place = trial.index * params.rows + row;
  if (row >= step.rows) {
    no_gradient(row, params.columns4);
    loss[place] = 0.0;
    predicted[place] = NO_CLASS;
    return;
  }
  let result = softmax_row(row, labels[place], params.classes, params.columns4);
  loss[place] = result.loss;
  predicted[place] = result.predicted;
}

fn logit4(row: u32, j4: u32) -> vec4f {
  return z[(trial.index * params.rows + row) * params.columns4 + j4];
}

fn put_gradient(row: u32, j4: u32, gradient: vec4f) {
  dz[(trial.index * params.rows + row) * params.columns4 + j4] = gradient;
}
