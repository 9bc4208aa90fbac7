// Matrix product, variant `subgroup8_low`: `subgroup8` for matrices of few rows, such as small batches. The
// order of additions is the same, and so are the bits.
//
// A workgroup is one subgroup and makes an 8x32 tile of C; a taller tile would spend most of its work on rows
// that are not there.
//
// The kernel that includes this declares what lib/subgroup8/product.wgsl says.
//!include lib/subgroup8/eight_rows.wgsl

const TILE_ROWS = 8u;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let tile = begin(workgroup);
  let i0 = tile.x * TILE_ROWS;
  let j4 = tile.y * 8u + lane;
  let rounds = params.inner4;
  var s = EightRows();
  var b_sum = vec4f();

  let fixed_a = a_row(i0 + lane);
  let fixed_b = four_rows(j4, 0u);
  for (var k4 = 0u; k4 < rounds; k4++) {
    var row_a = fixed_a;
    var row_b = fixed_b;
    if (!A_ALONG_K) {
      row_a = a_row(4u * k4 + lane / 2u);
    }
    if (!B_ALONG_K) {
      row_b = four_rows(j4, k4);
    }
    let a = load_eight_rows(row_a, i0, k4, lane);
    let b = load_four_k(row_b, j4, k4);
    if (SUM_B) {
      b_sum = add_four_k(b_sum, b);
    }
    s = eight_rows(s, a, b);
  }
  let count = select(0u, min(8u, rows - i0), j4 < columns4);
  for (var r = 0u; r < count; r++) {
    store_c(i0 + r, j4, s[r]);
  }
  if (SUM_B && i0 == 0u) {
    store_sum(j4, b_sum);
  }
  finish(i0, lane, 8u);
}
