// The operands of dw = x^T dy: x from lib/tensor.wgsl or lib/images.wgsl, and dy. The product's rows are the
// layer's inputs, its inner dimension is the batch.
//!include lib/backward.wgsl

const A_ALONG_K = false;
const B_ALONG_K = false;

fn load_b(row: u32, c4: u32) -> vec4f {
  return dy[row + c4];
}
