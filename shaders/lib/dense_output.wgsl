// The epilogue of dense_forward and dense_forward_images: bias, then ReLU and dropout as far as they are switched on.

override RELU: bool = false;
override DROPOUT: bool = false;

fn store_c(i: u32, j4: u32, sum: vec4f) {
  if (i >= rows || j4 >= columns4) {
    return;
  }
  var value = sum + b[trial.index * params.b_stride + j4];
  if (RELU) {
    value = max(value, vec4f());
  }
  if (DROPOUT) {
    value = dropout(value, i * columns4 + j4, params.layer);
  }
  y[(trial.index * rows + i) * columns4 + j4] = value;
}
