// The column sums of dy, shared by dense_backward_bias and its fused form.

struct Params {
  rows: u32,      // the batch
  columns4: u32,
  b_stride: u32,  // vec4 per trial in the arena that is written
}

fn column_sum(j4: u32) -> vec4f {
  let rows = params.rows;
  let columns4 = params.columns4;
  let base = trial.index * rows * columns4 + j4;
  var sum = vec4f();
  for (var i = 0u; i < rows; i++) {
    sum += dy[base + i * columns4];
  }
  return sum;
}
