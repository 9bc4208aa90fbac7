// Gradient of a dense layer's weights and their AdamW update in one go, so that the gradient never travels through memory:
//
//   g = x[t]^T dy[t];  (w, m, v)[t] <- adamw((w, m, v)[t], g)      see lib/adamw.wgsl
//
// x: [batch, rows], dy: [batch, columns]; w, m, v: [rows, columns], all padded to multiples of 4 with zeros.
// Grid: x covers the columns and y the rows in tiles of 32, z the trials. The product decides what one invocation does.
//!include lib/trial.wgsl
//!include lib/adamw.wgsl
//!include lib/backward_weights.wgsl
//!include product.wgsl

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> v: array<vec4f>;

fn store_c(i: u32, j4: u32, sum: vec4f) {
  if (i >= rows || j4 >= columns4) {
    return;
  }
  let place = trial.index * params.w_stride + i * columns4 + j4;
  let next = adamw_step(AdamState(w[place], m[place], v[place]), sum);
  w[place] = next.p;
  m[place] = next.m;
  v[place] = next.v;
}
