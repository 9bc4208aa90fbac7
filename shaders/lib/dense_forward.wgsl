// What dense_forward and dense_forward_images have in common: all but where x comes from.
//!include lib/dropout.wgsl
//!include lib/forward.wgsl
//!include lib/product_hooks.wgsl
//!include product.wgsl

override RELU: bool = false;
override DROPOUT: bool = false;

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  a_stride: u32,
  b_stride: u32,
  c_stride: u32,
  band: u32,
  bias_stride: u32,  // vec4 per trial in the arena that holds the bias
  layer: u32,        // tells the masks of several dropout layers apart
}

fn store_c(i: u32, j4: u32, sum: vec4f) {
  let quad = i * columns4 + j4;
  // One select per output instead of one per load.
  var value = select(vec4f(), scaled(sum), is_present(i)) + b[trial.index * params.bias_stride + j4];
  if (RELU) {
    value = max(value, vec4f());
  }
  if (DROPOUT) {
    value = dropout(value, quad, params.layer);
  }
  y[trial.index * params.c_stride + quad] = value;
}
