// Four k of a product at once, in four neighbouring columns: what the register-blocked products share.

alias FourK = array<vec4f, 4>;  // values of B at k..k+3 in columns 4 j4..4 j4 + 3

// Where the four rows of B begin that hold them. If B runs along k, they are the same for every k.
fn four_rows(j4: u32, k4: u32) -> vec4u {
  let r = 4u * select(k4, j4, B_ALONG_K);
  return vec4u(b_row(r), b_row(r + 1u), b_row(r + 2u), b_row(r + 3u));
}

fn load_four_k(row: vec4u, j4: u32, k4: u32) -> FourK {
  let c4 = select(j4, k4, B_ALONG_K);
  let b0 = load_b(row.x, c4);
  let b1 = load_b(row.y, c4);
  let b2 = load_b(row.z, c4);
  let b3 = load_b(row.w, c4);
  if (!B_ALONG_K) {
    return FourK(b0, b1, b2, b3);
  }
  return FourK(
    vec4f(b0.x, b1.x, b2.x, b3.x),
    vec4f(b0.y, b1.y, b2.y, b3.y),
    vec4f(b0.z, b1.z, b2.z, b3.z),
    vec4f(b0.w, b1.w, b2.w, b3.w),
  );
}

// sum + the row a[k..k+3] of A times B.
fn add_row(sum: vec4f, a: vec4f, b: FourK) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}

// The sums of B's columns (SUM_B), in order of k.
fn add_four_k(sum: vec4f, b: FourK) -> vec4f {
  return (((sum + b[0]) + b[1]) + b[2]) + b[3];
}
