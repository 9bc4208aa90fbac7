// Confusion matrix, accumulated over batches:
//
//   matrix[t, labels[indices[t, offset + i]], predicted[t, i]] += 1      for every row i of the batch
//
// labels: u32 [samples]; indices: [trials, length]; predicted: u32 [rows]; matrix: u32 [classes, classes],
// cleared by the host. Integer atomics: the counts do not depend on the order.
// Grid: x covers the rows, z the trials. One invocation: one row.
//!include lib/trial.wgsl

struct Params {
  rows: u32,
  classes: u32,
  stride: u32,  // cells per trial, padded to four
  indices_stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read> predicted: array<u32>;
@group(0) @binding(4) var<storage, read_write> matrix: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let row = workgroup.x * 64u + lane;
  if (row >= step.rows) {
    return;
  }
  let label = labels[indices[trial.index * params.indices_stride + step.offset + row]];
  let cell = label * params.classes + predicted[trial.index * params.rows + row];
  atomicAdd(&matrix[trial.index * params.stride + cell], 1u);
}
