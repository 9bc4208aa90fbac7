// Matrix product, variant `register`: for software adapters without 8-lane subgroups, where barriers and workgroup memory
// cost more than repeated loads. C[i,j] = sum over k, in order, of A[i,k] * B[k,j].
//
// A workgroup of 8x4 makes a 32x32 tile of C; an invocation makes 8 rows of 4 columns in registers.
//
// The kernel that includes this declares A_ALONG_K, B_ALONG_K, SUM_B, params.inner4 (K/4) and begin, load_a, load_b,
// store_c, store_sum, finish (see lib/product_hooks.wgsl). The loop bound comes straight from the uniform buffer: control flow must be uniform for barriers and broadcasts.

@compute @workgroup_size(8, 4)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  begin(workgroup.z);
  let i = workgroup.y * 32u + local.y * 8u;
  let j4 = workgroup.x * 8u + local.x;
  let rounds = params.inner4;
  var sum: array<vec4f, 8>;
  var b_sum = vec4f();

  for (var k4 = 0u; k4 < rounds; k4++) {
    var b: array<vec4f, 4>;  // b[q] = B[4 k4 + q, 4 j4 ..]
    for (var q = 0u; q < 4u; q++) {
      if (B_ALONG_K) {
        b[q] = load_b(4u * j4 + q, k4);
      } else {
        b[q] = load_b(4u * k4 + q, j4);
      }
    }
    if (B_ALONG_K) {
      b = array<vec4f, 4>(
        vec4f(b[0].x, b[1].x, b[2].x, b[3].x),
        vec4f(b[0].y, b[1].y, b[2].y, b[3].y),
        vec4f(b[0].z, b[1].z, b[2].z, b[3].z),
        vec4f(b[0].w, b[1].w, b[2].w, b[3].w),
      );
    }
    if (SUM_B) {
      b_sum = (((b_sum + b[0]) + b[1]) + b[2]) + b[3];
    }
    if (A_ALONG_K) {
      for (var r = 0u; r < 8u; r++) {
        let a = load_a(i + r, k4);
        sum[r] = fma(vec4f(a.x), b[0], sum[r]);
        sum[r] = fma(vec4f(a.y), b[1], sum[r]);
        sum[r] = fma(vec4f(a.z), b[2], sum[r]);
        sum[r] = fma(vec4f(a.w), b[3], sum[r]);
      }
    } else {
      for (var q = 0u; q < 4u; q++) {
        let low = load_a(4u * k4 + q, i / 4u);
        let high = load_a(4u * k4 + q, i / 4u + 1u);
        for (var r = 0u; r < 4u; r++) {
          sum[r] = fma(vec4f(low[r]), b[q], sum[r]);
          sum[r + 4u] = fma(vec4f(high[r]), b[q], sum[r + 4u]);
        }
      }
    }
  }
  for (var r = 0u; r < 8u; r++) {
    store_c(i + r, j4, sum[r]);
  }
  if (SUM_B && i == 0u) {
    store_sum(j4, b_sum);
  }
  finish(workgroup.y * 32u, local.y * 8u + local.x, 32u);
}
