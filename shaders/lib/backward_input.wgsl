// The operands of dx = dy w^T, shared by dense_backward_input and its fused form.
//!include lib/backward.wgsl
//!include lib/product_hooks.wgsl
//!include product.wgsl

struct Params {
  rows: u32,
  inner4: u32,
  columns4: u32,
  a_stride: u32,
  b_stride: u32,
  c_stride: u32,
  band: u32,
  layer: u32,  // whose dropout made the input, where it is part of the kernel
}

const A_ALONG_K = true;
const B_ALONG_K = true;

fn a_row(r: u32) -> u32 {
  return a_base + r * a_row4;
}

fn load_a(row: u32, c4: u32) -> vec4f {
  return dy[row + c4];
}

fn scaled(sum: vec4f) -> vec4f {
  return sum;
}

fn load_b(row: u32, c4: u32) -> vec4f {
  return w[row + c4];
}
