// The gradient of a dense layer's parameters, weights and bias, in one product: dw = x^T dy, and db is the
// column sums of dy, which the product passes through anyway. Shared by the dense_backward_parameters
// kernels: x comes from lib/tensor.wgsl or lib/images.wgsl, and four neighbouring gradients are written or
// handed to the optimiser, lib/adamw.wgsl or lib/sgd.wgsl (take).
//
// A layer's weights and bias are neighbours in their arena: the bias begins bias4 vec4 after the weights.
//!include lib/backward_weights.wgsl
//!include product.wgsl

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  a_stride: u32,
  b_stride: u32,
  c_stride: u32,
  band: u32,
  bias4: u32,
}

const SUM_B = true;

fn store_sum(j4: u32, sum: vec4f) {
  if (j4 < columns4) {
    take(trial.index * params.c_stride + params.bias4 + j4, sum);
  }
}

fn finish(i0: u32, lane: u32, lanes: u32) {
}
