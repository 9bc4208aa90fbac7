// Four k of a product at once, in four neighbouring columns: what the register-blocked products share.

alias FourK = array<vec4f, 4>;  // values of B at k..k+3 in columns 4 j4..4 j4 + 3

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

// sum + the row a[k..k+3] of A times B.
fn row(sum: vec4f, a: vec4f, b: FourK) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}

// The sums of B's columns (SUM_B), in order of k.
fn add_four_k(sum: vec4f, b: FourK) -> vec4f {
  return (((sum + b[0]) + b[1]) + b[2]) + b[3];
}
