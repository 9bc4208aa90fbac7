// Softmax cross-entropy with its gradient, row by row:
//
//   loss[t, i] = log(sum over c of exp(z[t, i, c] - max)) + max - z[t, i, label]
//   dz[t, i, c] = (softmax(z[t, i])[c] - (c == label)) / batch
//   predicted[t, i] = the first c with the largest z
//
// z, dz: [rows, classes] padded to multiples of 4; labels, predicted: u32 [rows]; loss: [rows]. Rows from step.rows on (a
// short batch) and padding columns get loss 0 and gradient 0; the predictions of such rows are no class.
// Grid: x covers the rows, z the trials. One invocation: one row.
//!include lib/trial.wgsl

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

const NO_CLASS = 0xffffffffu;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let row = workgroup.x * 8u + lane;
  if (row >= params.rows) {
    return;
  }
  let place = trial.index * params.rows + row;
  let base = place * params.columns4;
  if (row >= step.rows) {
    for (var j4 = 0u; j4 < params.columns4; j4++) {
      dz[base + j4] = vec4f();
    }
    loss[place] = 0.0;
    predicted[place] = NO_CLASS;
    return;
  }

  let label = labels[place];
  var largest = z[base].x;
  var best = 0u;
  var label_logit = largest;
  for (var c = 1u; c < params.classes; c++) {
    let value = z[base + c / 4u][c % 4u];
    if (value > largest) {
      largest = value;
      best = c;
    }
    if (c == label) {
      label_logit = value;
    }
  }
  var sum = 0.0;
  for (var j4 = 0u; j4 < params.columns4; j4++) {
    let e = class_exp(z[base + j4], j4, largest);
    sum += e.x;
    sum += e.y;
    sum += e.z;
    sum += e.w;
  }
  loss[place] = log(sum) + (largest - label_logit);
  predicted[place] = best;
  for (var j4 = 0u; j4 < params.columns4; j4++) {
    let onehot = select(vec4f(), vec4f(1.0), columns_of(j4) == vec4u(label));
    dz[base + j4] = (class_exp(z[base + j4], j4, largest) / sum - onehot) * step.inverse_rows;
  }
}

fn columns_of(j4: u32) -> vec4u {
  return vec4u(4u * j4) + vec4u(0u, 1u, 2u, 3u);
}

// exp(z - largest), and 0 in padding columns.
fn class_exp(value: vec4f, j4: u32, largest: f32) -> vec4f {
  return select(vec4f(), exp(value - largest), columns_of(j4) < vec4u(params.classes));
}
