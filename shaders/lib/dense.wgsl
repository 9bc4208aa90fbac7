// The operands of a dense layer's products C = A B: where their rows begin. A lies as [rows, inner] if it
// runs along k, else as [inner, rows]; B as [columns, inner] if it runs along k, else as [inner, columns].
//
// The kernel that includes this declares A_ALONG_K, B_ALONG_K and, in Params, rows, inner4 and columns4 (the
// padded sides of the product, two of them in vec4), a_stride, b_stride and c_stride (from one trial's slice
// to the next, in vec4) and band (columns of tiles that are made together: src/kernels/product.ts).
//!include lib/bounds.wgsl
//!include lib/trial.wgsl

var<private> a_base: u32;  // this trial's slice
var<private> b_base: u32;
var<private> a_row4: u32;  // from one row of A to the next
var<private> b_row4: u32;

// Called first, by every invocation. Which tile of C the workgroup makes: tile row and tile column.
fn begin(workgroup: vec3u) -> vec2u {
  trial = trials[workgroup.z];
  rows = params.rows;
  columns4 = params.columns4;
  a_base = trial.index * params.a_stride;
  b_base = trial.index * params.b_stride;
  a_row4 = select(rows / 4u, params.inner4, A_ALONG_K);
  b_row4 = select(columns4, params.inner4, B_ALONG_K);
  return vec2u(workgroup.x / params.band, workgroup.y * params.band + workgroup.x % params.band);
}

fn b_row(r: u32) -> u32 {
  return b_base + r * b_row4;
}
