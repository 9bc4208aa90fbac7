// Eight rows of C over 4 k, by one subgroup of 8 lanes: lane l owns columns 4l..4l+3. For both products.
enable subgroups;
//!include lib/four_k.wgsl

alias EightRows = array<vec4f, 8>;  // sums of rows i..i+7 in this lane's columns

// One vec4 of A per lane, which together are its 8 rows at 4 k:
// lane l holds A[i + l, k..k+3] if A runs along k, else A[i + 4(l%2) .., k + l/2].
fn load_eight_rows(row: u32, i: u32, k4: u32, lane: u32) -> vec4f {
  return load_a(row, select(i / 4u + lane % 2u, k4, A_ALONG_K));
}

// s + A B. The values of A are handed round; subgroupBroadcast takes a constant lane, hence the written-out
// rows.
fn eight_rows(s: EightRows, a: vec4f, b: FourK) -> EightRows {
  let a0 = subgroupBroadcast(a, 0u);
  let a1 = subgroupBroadcast(a, 1u);
  let a2 = subgroupBroadcast(a, 2u);
  let a3 = subgroupBroadcast(a, 3u);
  let a4 = subgroupBroadcast(a, 4u);
  let a5 = subgroupBroadcast(a, 5u);
  let a6 = subgroupBroadcast(a, 6u);
  let a7 = subgroupBroadcast(a, 7u);
  if (A_ALONG_K) {
    return EightRows(
      add_row(s[0], a0, b), add_row(s[1], a1, b), add_row(s[2], a2, b), add_row(s[3], a3, b),
      add_row(s[4], a4, b), add_row(s[5], a5, b), add_row(s[6], a6, b), add_row(s[7], a7, b),
    );
  }
  return EightRows(
    add_row(s[0], vec4f(a0.x, a2.x, a4.x, a6.x), b), add_row(s[1], vec4f(a0.y, a2.y, a4.y, a6.y), b),
    add_row(s[2], vec4f(a0.z, a2.z, a4.z, a6.z), b), add_row(s[3], vec4f(a0.w, a2.w, a4.w, a6.w), b),
    add_row(s[4], vec4f(a1.x, a3.x, a5.x, a7.x), b), add_row(s[5], vec4f(a1.y, a3.y, a5.y, a7.y), b),
    add_row(s[6], vec4f(a1.z, a3.z, a5.z, a7.z), b), add_row(s[7], vec4f(a1.w, a3.w, a5.w, a7.w), b),
  );
}
