// The operands of x w: x from lib/tensor.wgsl or lib/images.wgsl, and w. Shared by the forward kernels.
//!include lib/dense.wgsl

const A_ALONG_K = true;
const B_ALONG_K = false;

fn load_b(row: u32, c4: u32) -> vec4f {
  return w[row + c4];
}
