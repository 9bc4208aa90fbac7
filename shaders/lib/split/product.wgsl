// Matrix product, variant `split`: for GPUs and matrices so small that tiles of 32x32 would leave most of the
// GPU idle. C[i,j] = sum over p < 8, in order, of partial sums p and p + 8;
// partial sum p adds A[i,k] * B[k,j] over
// k = 4p..4p+3, 4p+64..4p+67, ..., in order.
//
// A workgroup of 128 makes an 8x32 tile of C. Invocation (p, q) adds up slice p of k for all 8 rows of
// columns 4q..4q+3 in registers; then the slices meet in workgroup memory: the second half of them is
// added to the first, and of these sums invocation (r, q) adds up row r.
//
// The kernel that includes this declares what lib/tile/product.wgsl says.
//!include lib/four_k.wgsl

var<workgroup> partial: array<array<array<vec4f, 8>, 8>, 8>;  // [slice][row][j / 4]

const TILE_ROWS = 8u;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = begin(workgroup);
  let i0 = tile.x * TILE_ROWS;
  let quad = lane % 8u;
  let slice = lane / 8u;
  let j4 = tile.y * 8u + quad;
  let rounds = params.inner4;
  var s = array<vec4f, 8>();
  var b_sum = vec4f();
  var fixed_a: array<u32, 8>;
  if (A_ALONG_K) {
    for (var r = 0u; r < 8u; r++) {
      fixed_a[r] = a_row(i0 + r);
    }
  }

  for (var k4 = slice; k4 < rounds; k4 += 16u) {
    let b = load_four_k(four_rows(j4, k4), j4, k4);
    if (SUM_B) {
      b_sum = add_four_k(b_sum, b);
    }
    if (A_ALONG_K) {
      for (var r = 0u; r < 8u; r++) {
        s[r] = add_row(s[r], load_a(fixed_a[r], k4), b);
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
  if (slice >= 8u) {
    for (var r = 0u; r < 8u; r++) {
      partial[slice - 8u][r][quad] = s[r];
    }
  }
  workgroupBarrier();
  if (slice < 8u) {
    for (var r = 0u; r < 8u; r++) {
      partial[slice][r][quad] = s[r] + partial[slice][r][quad];
    }
  }
  workgroupBarrier();
  if (slice < 8u) {
    var c = partial[0][slice][quad];
    for (var p = 1u; p < 8u; p++) {
      c += partial[p][slice][quad];
    }
    if (in_c(i0 + slice, j4)) {
      store_c(i0 + slice, j4, c);
    }
  }
  if (SUM_B) {
    workgroupBarrier();
    partial[slice / 8u][slice % 8u][quad] = b_sum;
    workgroupBarrier();
    if (i0 == 0u && slice == 0u) {
      var sum = partial[0][0][quad];
      for (var p = 1u; p < 16u; p++) {
        sum += partial[p / 8u][p % 8u][quad];
      }
      store_sum(j4, sum);
    }
  }
  finish(i0, lane, 128u);
}
