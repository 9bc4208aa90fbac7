// The metrics of one batch, for each tile of 8 rows:
//
//   metrics[t, slot, tile] = (sum over i, in order, of loss[t, i], count of predicted[t, i] == labels[t, i])
//
// loss, predicted, labels: [rows]; metrics: [trials, slots, tiles] pairs, read back once per epoch and added
// up in f64 there.
// Grid: x covers the tiles, z the trials. One invocation: one tile.
//!include lib/metrics.wgsl
//!include lib/trial.wgsl

struct Params {
  rows: u32,
  tiles: u32,
  stride: u32,  // metric records per trial
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read> predicted: array<u32>;
@group(0) @binding(3) var<storage, read> labels: array<u32>;
@group(0) @binding(4) var<storage, read_write> metrics: array<Metrics>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let tile = workgroup.x * 8u + lane;
  if (tile >= params.tiles) {
    return;
  }
  let base = trial.index * params.rows;
  var sum = Metrics(0.0, 0u);
  let first = METRICS_TILE * tile;
  for (var row = first; row < min(first + METRICS_TILE, step.rows); row++) {
    sum.loss += loss[base + row];
    sum.correct += u32(predicted[base + row] == labels[base + row]);
  }
  metrics[trial.index * params.stride + step.slot * params.tiles + tile] = sum;
}
