// Eight rows of C over 4 k, by one subgroup of 8 lanes: lane l owns columns 4l..4l+3. Shared by the subgroup8 products.
enable subgroups;

alias EightRows = array<vec4f, 8>;  // sums of rows i..i+7 in this lane's columns
alias FourK = array<vec4f, 4>;      // values of B at k..k+3 in this lane's columns

// One vec4 of A per lane, which together are its 8 rows at 4 k:
// lane l holds A[i + l, k..k+3] if A runs along k, else A[i + 4(l%2) .., k + l/2].
fn load_eight_rows(i: u32, k4: u32, lane: u32) -> vec4f {
  if (A_ALONG_K) {
    return load_a(i + lane, k4);
  }
  return load_a(4u * k4 + lane / 2u, i / 4u + lane % 2u);
}

fn load_four_k(j4: u32, k4: u32) -> FourK {
  if (!B_ALONG_K) {
    let k = 4u * k4;
    return FourK(load_b(k, j4), load_b(k + 1u, j4), load_b(k + 2u, j4), load_b(k + 3u, j4));
  }
  let j = 4u * j4;
  let b0 = load_b(j, k4);
  let b1 = load_b(j + 1u, k4);
  let b2 = load_b(j + 2u, k4);
  let b3 = load_b(j + 3u, k4);
  return FourK(
    vec4f(b0.x, b1.x, b2.x, b3.x),
    vec4f(b0.y, b1.y, b2.y, b3.y),
    vec4f(b0.z, b1.z, b2.z, b3.z),
    vec4f(b0.w, b1.w, b2.w, b3.w),
  );
}

// s + A B. The values of A are handed round; subgroupBroadcast takes a constant lane, hence the written-out rows.
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
      row(s[0], a0, b), row(s[1], a1, b), row(s[2], a2, b), row(s[3], a3, b),
      row(s[4], a4, b), row(s[5], a5, b), row(s[6], a6, b), row(s[7], a7, b),
    );
  }
  return EightRows(
    row(s[0], vec4f(a0.x, a2.x, a4.x, a6.x), b), row(s[1], vec4f(a0.y, a2.y, a4.y, a6.y), b),
    row(s[2], vec4f(a0.z, a2.z, a4.z, a6.z), b), row(s[3], vec4f(a0.w, a2.w, a4.w, a6.w), b),
    row(s[4], vec4f(a1.x, a3.x, a5.x, a7.x), b), row(s[5], vec4f(a1.y, a3.y, a5.y, a7.y), b),
    row(s[6], vec4f(a1.z, a3.z, a5.z, a7.z), b), row(s[7], vec4f(a1.w, a3.w, a5.w, a7.w), b),
  );
}

fn row(sum: vec4f, a: vec4f, b: FourK) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}

// The sums of B's columns (SUM_B), in order of k.
fn add_four_k(sum: vec4f, b: FourK) -> vec4f {
  return (((sum + b[0]) + b[1]) + b[2]) + b[3];
}
