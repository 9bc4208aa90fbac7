// Matrix product, variant `subgroup8`: for software adapters with 8-lane subgroups (lavapipe). C[i,j] = sum
// over k, in order, of A[i,k] * B[k,j].
//
// A workgroup is one subgroup and makes a 32x32 tile of C: lane l owns columns 4l..4l+3 of all 32 rows, in 32
// vec4 sums. Each round takes 4 k: first all loads (4 vec4 of A, 4 vec4 of B), then all multiply-adds. Loads
// are what costs on such an adapter (each lane's is done by itself), multiply-adds and broadcasts are not;
// that is why every loaded value is used 32 times.
//
// The kernel that includes this declares what lib/tile/product.wgsl says, and rows.
//!include lib/subgroup8/eight_rows.wgsl

const TILE_ROWS = 32u;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let tile = begin(workgroup);
  let i0 = tile.x * TILE_ROWS;
  let j4 = tile.y * 8u + lane;
  let rounds = params.inner4;
  var s0 = EightRows();
  var s1 = EightRows();
  var s2 = EightRows();
  var s3 = EightRows();
  var b_sum = vec4f();

  // Where this lane's row of A begins, in each of the four groups of eight; fixed if A runs along k.
  let fixed_a = vec4u(a_row(i0 + lane), a_row(i0 + 8u + lane), a_row(i0 + 16u + lane), a_row(i0 + 24u + lane));
  let fixed_b = four_rows(j4, 0u);
  for (var k4 = 0u; k4 < rounds; k4++) {
    var row_a = fixed_a;
    var row_b = fixed_b;
    if (!A_ALONG_K) {
      row_a = vec4u(a_row(4u * k4 + lane / 2u));
    }
    if (!B_ALONG_K) {
      row_b = four_rows(j4, k4);
    }
    let a0 = load_eight_rows(row_a.x, i0, k4, lane);
    let a1 = load_eight_rows(row_a.y, i0 + 8u, k4, lane);
    let a2 = load_eight_rows(row_a.z, i0 + 16u, k4, lane);
    let a3 = load_eight_rows(row_a.w, i0 + 24u, k4, lane);
    let b = load_four_k(row_b, j4, k4);
    if (SUM_B) {
      b_sum = add_four_k(b_sum, b);
    }
    s0 = eight_rows(s0, a0, b);
    s1 = eight_rows(s1, a1, b);
    s2 = eight_rows(s2, a2, b);
    s3 = eight_rows(s3, a3, b);
  }
  // A loop, because with the epilogue written out 32 times it compiles in 12 s, not 0.5 s.
  var sums = array<EightRows, 4>(s0, s1, s2, s3);
  // C's edges as the loop's bound, because a branch in it costs every load and store of the epilogue a mask.
  let count = select(0u, min(32u, rows - i0), j4 < columns4);
  for (var r = 0u; r < count; r++) {
    store_c(i0 + r, j4, sums[r / 8u][r % 8u]);
  }
  if (SUM_B && i0 == 0u) {
    store_sum(j4, b_sum);
  }
  finish(i0, lane, 8u);
}
