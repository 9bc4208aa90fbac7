// Matrix product, variant `split`: for GPUs and matrices so small that tiles of 32x32 would leave most of the GPU idle.
// C[i,j] = sum of 8 partial sums, in order; partial sum p adds A[i,k] * B[k,j] over k = 4p..4p+3, 4p+32..4p+35, ..., in order.
//
// A workgroup of 64 makes an 8x32 tile of C. Invocation (p, q) adds up slice p of k for all 8 rows of columns 4q..4q+3 in
// registers; then the slices meet in workgroup memory, and invocation (r, q) adds them up for row r.
//
// The kernel that includes this declares what lib/tile/product.wgsl says.

var<workgroup> partial: array<array<array<vec4f, 8>, 8>, 8>;  // [slice][row][j / 4]
var<workgroup> partial_b: array<array<vec4f, 8>, 8>;          // [slice][j / 4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  begin(workgroup.z);
  let i0 = workgroup.y * 8u;
  let quad = lane % 8u;
  let slice = lane / 8u;
  let j4 = workgroup.x * 8u + quad;
  let rounds = params.inner4;
  var s = array<vec4f, 8>();
  var b_sum = vec4f();

  for (var k4 = slice; k4 < rounds; k4 += 8u) {
    var b = array<vec4f, 4>();
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
        let a = load_a(i0 + r, k4);
        s[r] = fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], s[r]))));
      }
    } else {
      for (var q = 0u; q < 4u; q++) {
        let low = load_a(4u * k4 + q, i0 / 4u);
        let high = load_a(4u * k4 + q, i0 / 4u + 1u);
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

  let row = slice;
  var c = partial[0][row][quad];
  for (var p = 1u; p < 8u; p++) {
    c += partial[p][row][quad];
  }
  store_c(i0 + row, j4, c);
  if (SUM_B && i0 == 0u && row == 0u) {
    var sum = partial_b[0][quad];
    for (var p = 1u; p < 8u; p++) {
      sum += partial_b[p][quad];
    }
    store_sum(j4, sum);
  }
  finish(i0, lane, 64u);
}
