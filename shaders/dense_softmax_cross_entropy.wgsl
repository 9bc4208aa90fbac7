// The last dense layer fused with the loss, its gradient and the metrics; for at most 32 classes, so that a
// tile of the product holds whole rows, and for tiles of 8 or 32 rows:
//
//   z[t] = x[t] w[t] + b[t]
//   loss, dz[t] and predicted[t] as softmax_cross_entropy makes them;  metrics[t] as reduce_metrics does
//
// x: [rows, inner], w: [inner, classes], b: [1, classes], dz: [rows, classes], all padded to multiples of 4
// with zeros; labels: u32 [samples]; indices: [trials, length]; predicted: u32 [rows];
// metrics: [trials, slots, tiles] pairs, one for every 8 rows.
// Grid: x covers the rows in tiles, y is 1, z the trials. One invocation: see the product; then whole
// rows of the tile.
//!include lib/tensor.wgsl
//!include lib/forward.wgsl
//!include lib/metrics.wgsl
//!include lib/softmax.wgsl
//!include product.wgsl

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  a_stride: u32,
  b_stride: u32,
  c_stride: u32,
  band: u32,
  bias_stride: u32,  // vec4 per trial in the arena that holds the bias
  classes: u32,
  indices_stride: u32,
  tiles: u32,
  metrics_stride: u32,  // metric records per trial
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;
@group(0) @binding(5) var<storage, read> indices: array<u32>;
@group(0) @binding(6) var<storage, read_write> dz: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> predicted: array<u32>;
@group(0) @binding(8) var<storage, read_write> metrics: array<Metrics>;

const SUM_B = false;

var<workgroup> logits: array<array<vec4f, 8>, TILE_ROWS>;
var<workgroup> row_metrics: array<Metrics, TILE_ROWS>;

fn store_c(i: u32, j4: u32, sum: vec4f) {
  logits[i % TILE_ROWS][j4] = sum + b[trial.index * params.bias_stride + j4];
}

fn store_sum(j4: u32, sum: vec4f) {
}

fn logit4(row: u32, j4: u32) -> vec4f {
  return logits[row % TILE_ROWS][j4];
}

fn put_gradient(row: u32, j4: u32, gradient: vec4f) {
  dz[trial.index * params.c_stride + row * columns4 + j4] = gradient;
}

fn finish(i0: u32, lane: u32, lanes: u32) {
  workgroupBarrier();
  for (var r = lane; r < TILE_ROWS; r += lanes) {
    row_metrics[r] = one_row(i0 + r);
  }
  workgroupBarrier();
  let first = i0 / METRICS_TILE;
  for (var part = lane; part < min(TILE_ROWS / METRICS_TILE, params.tiles - first); part += lanes) {
    var sum = Metrics(0.0, 0u);
    let r0 = METRICS_TILE * part;
    for (var r = r0; r < r0 + METRICS_TILE; r++) {
      sum.loss += row_metrics[r].loss;
      sum.correct += row_metrics[r].correct;
    }
    metrics[trial.index * params.metrics_stride + step.slot * params.tiles + first + part] = sum;
  }
}

fn one_row(row: u32) -> Metrics {
  if (row >= rows) {
    return Metrics(0.0, 0u);
  }
  let place = trial.index * rows + row;
  if (row >= step.rows) {
    predicted[place] = NO_CLASS;
    no_gradient(row, columns4);
    return Metrics(0.0, 0u);
  }
  let label = labels[indices[trial.index * params.indices_stride + step.offset + row]];
  let result = softmax_row(row, label, params.classes, columns4);
  predicted[place] = result.predicted;
  return Metrics(result.loss, u32(result.predicted == label));
}
