// Matrix product, variant `register`: for software adapters without 8-lane subgroups, where barriers and
// workgroup memory cost more than repeated loads. C[i,j] = sum over k, in order, of A[i,k] * B[k,j].
//
// A workgroup of 8x4 makes a 32x32 tile of C; an invocation makes 8 rows of 4 columns in registers.
//
// The kernel that includes this declares what lib/tile/product.wgsl says.
//!include lib/four_k.wgsl

const TILE_ROWS = 32u;

@compute @workgroup_size(8, 4)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = begin(workgroup);
  let i = tile.x * TILE_ROWS + local.y * 8u;
  let j4 = tile.y * 8u + local.x;
  let rounds = params.inner4;
  var sum: array<vec4f, 8>;
  var b_sum = vec4f();

  for (var k4 = 0u; k4 < rounds; k4++) {
    let b = load_four_k(four_rows(j4, k4), j4, k4);
    if (SUM_B) {
      b_sum = add_four_k(b_sum, b);
    }
    if (A_ALONG_K) {
      for (var r = 0u; r < 8u; r++) {
        sum[r] = add_row(sum[r], load_a(a_row(i + r), k4), b);
      }
    } else {
      for (var q = 0u; q < 4u; q++) {
        let row_a = a_row(4u * k4 + q);
        let low = load_a(row_a, i / 4u);
        let high = load_a(row_a, i / 4u + 1u);
        for (var r = 0u; r < 4u; r++) {
          sum[r] = fma(vec4f(low[r]), b[q], sum[r]);
          sum[r + 4u] = fma(vec4f(high[r]), b[q], sum[r + 4u]);
        }
      }
    }
  }
  for (var r = 0u; r < 8u; r++) {
    if (in_c(i + r, j4)) {
      store_c(i + r, j4, sum[r]);
    }
  }
  if (SUM_B && i == 0u) {
    store_sum(j4, b_sum);
  }
  finish(tile.x * TILE_ROWS, local.y * 8u + local.x, 32u);
}
