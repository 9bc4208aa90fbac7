// The metrics of one batch:
//
//   metrics[t, slot] = (sum over i of loss[t, i], number of i with predicted[t, i] == labels[t, i])
//
// loss, predicted, labels: [rows]; metrics: [trials, slots] pairs, read back once per epoch and added up in f64 there. The
// order of additions is fixed: invocation l sums rows l, l + 64, ...; then the 64 partial sums are added in order.
// Grid: z covers the trials. One workgroup: one trial.
//!include lib/trial.wgsl

struct Params {
  rows: u32,
  slots: u32,  // metric records per trial
}

struct Metrics {
  loss: f32,
  correct: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read> predicted: array<u32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;
@group(0) @binding(4) var<storage, read_write> metrics: array<Metrics>;

var<workgroup> partial: array<Metrics, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let base = trial.index * params.rows;
  var mine = Metrics(0.0, 0u);
  for (var row = lane; row < step.rows; row += 64u) {
    mine.loss += loss[base + row];
    mine.correct += u32(predicted[base + row] == labels[base + row]);
  }
  partial[lane] = mine;
  workgroupBarrier();
  if (lane == 0u) {
    for (var other = 1u; other < 64u; other++) {
      mine.loss += partial[other].loss;
      mine.correct += partial[other].correct;
    }
    metrics[trial.index * params.slots + step.slot] = mine;
  }
}
