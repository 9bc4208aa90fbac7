// Confusion matrix, accumulated over batches:
//
//   matrix[t, label, predicted] += 1 for every row of the batch
//
// labels, predicted: u32 [rows]; matrix: u32 [classes, classes], cleared by the host. Integer atomics: the counts do not
// depend on the order. Grid: x covers the rows, z the trials. One invocation: one row.
//!include lib/trial.wgsl

struct Params {
  rows: u32,
  classes: u32,
  stride: u32,  // cells per trial, padded to four
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> predicted: array<u32>;
@group(0) @binding(3) var<storage, read_write> matrix: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let row = workgroup.x * 64u + lane;
  if (row >= step.rows) {
    return;
  }
  let place = trial.index * params.rows + row;
  let cell = labels[place] * params.classes + predicted[place];
  atomicAdd(&matrix[trial.index * params.stride + cell], 1u);
}
