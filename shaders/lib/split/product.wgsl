// Matrix product, variant `split`: for GPUs and matrices so small that tiles of 32x32 would leave most of the
// GPU idle. C[i,j] = sum of 8 partial sums, in order; partial sum p adds A[i,k] * B[k,j] over k = 4p..4p+3,
// 4p+32..4p+35, ..., in order.
//
// A workgroup of 64 makes an 8x32 tile of C. Invocation (p, q) adds up slice p of k for all 8 rows of columns
// 4q..4q+3 in registers; then the slices meet in workgroup memory, and invocation (r, q) adds up row r.
//
// The kernel that includes this declares what lib/tile/product.wgsl says.
//!include lib/four_k.wgsl

var<workgroup> partial: array<array<array<vec4f, 8>, 8>, 8>;  // [slice][row][j / 4]
var<workgroup> partial_b: array<array<vec4f, 8>, 8>;          // [slice][j / 4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = begin(workgroup);
  let i0 = tile.x * 8u;
  let quad = lane % 8u;
  let slice = lane / 8u;
  let j4 = tile.y * 8u + quad;
  let rounds = params.inner4;
  var s = array<vec4f, 8>();
  var b_sum = vec4f();

  for (var k4 = slice; k4 < rounds; k4 += 8u) {
    let b = load_four_k(four_rows(j4, k4), j4, k4);
    if (SUM_B) {
      b_sum = add_four_k(b_sum, b);
    }
    if (A_ALONG_K) {
      for (var r = 0u; r < 8u; r++) {
        s[r] = add_row(s[r], load_a(a_row(i0 + r), k4), b);
      }
    } else {
      for (var q = 0u; q < 4u; q++) {
        let row_a = a_row(4u * k4 + q);
        let low = load_a(row_a, i0 / 4u);
        let high = load_a(row_a, i0 / 4u + 1u);
        for (var r = 0u; r < 4u; r++) {
          s[r] = fma(vec4f(low[r]), b[q], s[r]);
          s[r + 4u] = fma(vec4f(high[r]), b[q], s[r + 4u]);
        }
      }
    }
  }
  for (var r = 0u; r < 8u; r++) {
    partial[slice][r][quad] = s[r];
  }
  partial_b[slice][quad] = b_sum;
  workgroupBarrier();

  let r = slice;
  var c = partial[0][r][quad];
  for (var p = 1u; p < 8u; p++) {
    c += partial[p][r][quad];
  }
  store_c(i0 + r, j4, c);
  if (SUM_B && i0 == 0u && r == 0u) {
    var sum = partial_b[0][quad];
    for (var p = 1u; p < 8u; p++) {
      sum += partial_b[p][quad];
    }
    store_sum(j4, sum);
  }
  finish(i0, lane, 64u);
}
