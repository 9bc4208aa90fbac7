// Matrix product, variant `subgroup8`: for software adapters with 8-lane subgroups (lavapipe). C[i,j] = sum over k, in
// order, of A[i,k] * B[k,j].
//
// A workgroup is one subgroup and makes a 32x32 tile of C: lane l owns columns 4l..4l+3 of all 32 rows, in 32 vec4
// sums. Each round takes 4 k: first all loads (4 vec4 of A, lane = row; 4 vec4 of B, lane = column), then all
// multiply-adds, with the values of A handed round by broadcasts. Loads are what costs on such an adapter (each lane's
// is done by itself), multiply-adds and broadcasts are not; that is why every loaded value is used 32 times.
//
// subgroupBroadcast takes a constant lane, and sums indexed by a loop would leave the registers: hence the written-out
// groups of four rows.
//
// The kernel that includes this declares A_ALONG_K, B_ALONG_K, SUM_B, params.inner4 (K/4) and begin, load_a, load_b,
// store_c, store_sum, finish (see lib/product_hooks.wgsl). The loop bound comes straight from the uniform buffer: control flow must be uniform for barriers and broadcasts.
enable subgroups;

// The finished tile. Each lane reads back only what it wrote, so no barrier is needed; it is here so that the rows can be
// stored by a loop. Written out 32 times, the epilogue would be most of the kernel (12 s to compile against 0.5 s).
var<workgroup> tile: array<vec4f, 256>;

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  begin(workgroup.z);
  let i0 = workgroup.y * 32u;
  let j4 = workgroup.x * 8u + lane;
  let rounds = params.inner4;
  var s: array<vec4f, 32>;
  var b_sum = vec4f();

  for (var k4 = 0u; k4 < rounds; k4++) {
    var a: array<vec4f, 4>;
    if (A_ALONG_K) {
      // a[u] of lane l: A[i0 + 8u + l, 4 k4 ..]
      a = array<vec4f, 4>(
        load_a(i0 + lane, k4), load_a(i0 + 8u + lane, k4), load_a(i0 + 16u + lane, k4), load_a(i0 + 24u + lane, k4),
      );
    } else {
      // a[u] of lane l: A[i0 + 8u + 4(l%2) .., 4 k4 + l/2]
      let k = 4u * k4 + lane / 2u;
      let i4 = i0 / 4u + lane % 2u;
      a = array<vec4f, 4>(load_a(k, i4), load_a(k, i4 + 2u), load_a(k, i4 + 4u), load_a(k, i4 + 6u));
    }
    var b: array<vec4f, 4>;
    if (B_ALONG_K) {
      let b0 = load_b(4u * j4, k4);
      let b1 = load_b(4u * j4 + 1u, k4);
      let b2 = load_b(4u * j4 + 2u, k4);
      let b3 = load_b(4u * j4 + 3u, k4);
      b = array<vec4f, 4>(
        vec4f(b0.x, b1.x, b2.x, b3.x), vec4f(b0.y, b1.y, b2.y, b3.y),
        vec4f(b0.z, b1.z, b2.z, b3.z), vec4f(b0.w, b1.w, b2.w, b3.w),
      );
    } else {
      b = array<vec4f, 4>(
        load_b(4u * k4, j4), load_b(4u * k4 + 1u, j4), load_b(4u * k4 + 2u, j4), load_b(4u * k4 + 3u, j4),
      );
    }

    if (SUM_B) {
      b_sum = (((b_sum + b[0]) + b[1]) + b[2]) + b[3];
    }
    if (A_ALONG_K) {
      rows_along_k(&s, 0u, subgroupBroadcast(a[0], 0u), subgroupBroadcast(a[0], 1u), subgroupBroadcast(a[0], 2u), subgroupBroadcast(a[0], 3u), b);
      rows_along_k(&s, 4u, subgroupBroadcast(a[0], 4u), subgroupBroadcast(a[0], 5u), subgroupBroadcast(a[0], 6u), subgroupBroadcast(a[0], 7u), b);
      rows_along_k(&s, 8u, subgroupBroadcast(a[1], 0u), subgroupBroadcast(a[1], 1u), subgroupBroadcast(a[1], 2u), subgroupBroadcast(a[1], 3u), b);
      rows_along_k(&s, 12u, subgroupBroadcast(a[1], 4u), subgroupBroadcast(a[1], 5u), subgroupBroadcast(a[1], 6u), subgroupBroadcast(a[1], 7u), b);
      rows_along_k(&s, 16u, subgroupBroadcast(a[2], 0u), subgroupBroadcast(a[2], 1u), subgroupBroadcast(a[2], 2u), subgroupBroadcast(a[2], 3u), b);
      rows_along_k(&s, 20u, subgroupBroadcast(a[2], 4u), subgroupBroadcast(a[2], 5u), subgroupBroadcast(a[2], 6u), subgroupBroadcast(a[2], 7u), b);
      rows_along_k(&s, 24u, subgroupBroadcast(a[3], 0u), subgroupBroadcast(a[3], 1u), subgroupBroadcast(a[3], 2u), subgroupBroadcast(a[3], 3u), b);
      rows_along_k(&s, 28u, subgroupBroadcast(a[3], 4u), subgroupBroadcast(a[3], 5u), subgroupBroadcast(a[3], 6u), subgroupBroadcast(a[3], 7u), b);
    } else {
      rows_across_k(&s, 0u, subgroupBroadcast(a[0], 0u), subgroupBroadcast(a[0], 2u), subgroupBroadcast(a[0], 4u), subgroupBroadcast(a[0], 6u), b);
      rows_across_k(&s, 4u, subgroupBroadcast(a[0], 1u), subgroupBroadcast(a[0], 3u), subgroupBroadcast(a[0], 5u), subgroupBroadcast(a[0], 7u), b);
      rows_across_k(&s, 8u, subgroupBroadcast(a[1], 0u), subgroupBroadcast(a[1], 2u), subgroupBroadcast(a[1], 4u), subgroupBroadcast(a[1], 6u), b);
      rows_across_k(&s, 12u, subgroupBroadcast(a[1], 1u), subgroupBroadcast(a[1], 3u), subgroupBroadcast(a[1], 5u), subgroupBroadcast(a[1], 7u), b);
      rows_across_k(&s, 16u, subgroupBroadcast(a[2], 0u), subgroupBroadcast(a[2], 2u), subgroupBroadcast(a[2], 4u), subgroupBroadcast(a[2], 6u), b);
      rows_across_k(&s, 20u, subgroupBroadcast(a[2], 1u), subgroupBroadcast(a[2], 3u), subgroupBroadcast(a[2], 5u), subgroupBroadcast(a[2], 7u), b);
      rows_across_k(&s, 24u, subgroupBroadcast(a[3], 0u), subgroupBroadcast(a[3], 2u), subgroupBroadcast(a[3], 4u), subgroupBroadcast(a[3], 6u), b);
      rows_across_k(&s, 28u, subgroupBroadcast(a[3], 1u), subgroupBroadcast(a[3], 3u), subgroupBroadcast(a[3], 5u), subgroupBroadcast(a[3], 7u), b);
    }
  }
  set_aside(&s, 0u, lane);
  set_aside(&s, 4u, lane);
  set_aside(&s, 8u, lane);
  set_aside(&s, 12u, lane);
  set_aside(&s, 16u, lane);
  set_aside(&s, 20u, lane);
  set_aside(&s, 24u, lane);
  set_aside(&s, 28u, lane);
  for (var r = 0u; r < min(32u, params.rows - i0); r++) {
    store_c(i0 + r, j4, tile[8u * r + lane]);
  }
  if (SUM_B && i0 == 0u) {
    store_sum(j4, b_sum);
  }
  finish(i0, lane, 8u);
}

// Rows first..first+3; a0..a3 are their values of A along k.
fn rows_along_k(s: ptr<function, array<vec4f, 32>>, first: u32, a0: vec4f, a1: vec4f, a2: vec4f, a3: vec4f, b: array<vec4f, 4>) {
  s[first] = row(s[first], a0, b);
  s[first + 1u] = row(s[first + 1u], a1, b);
  s[first + 2u] = row(s[first + 2u], a2, b);
  s[first + 3u] = row(s[first + 3u], a3, b);
}

// Rows first..first+3; a0..a3 hold the four rows' values of A at k, k+1, k+2, k+3.
fn rows_across_k(s: ptr<function, array<vec4f, 32>>, first: u32, a0: vec4f, a1: vec4f, a2: vec4f, a3: vec4f, b: array<vec4f, 4>) {
  s[first] = row(s[first], vec4f(a0.x, a1.x, a2.x, a3.x), b);
  s[first + 1u] = row(s[first + 1u], vec4f(a0.y, a1.y, a2.y, a3.y), b);
  s[first + 2u] = row(s[first + 2u], vec4f(a0.z, a1.z, a2.z, a3.z), b);
  s[first + 3u] = row(s[first + 3u], vec4f(a0.w, a1.w, a2.w, a3.w), b);
}

fn row(sum: vec4f, a: vec4f, b: array<vec4f, 4>) -> vec4f {
  return fma(vec4f(a.w), b[3], fma(vec4f(a.z), b[2], fma(vec4f(a.y), b[1], fma(vec4f(a.x), b[0], sum))));
}

fn set_aside(s: ptr<function, array<vec4f, 32>>, first: u32, lane: u32) {
  tile[8u * first + lane] = s[first];
  tile[8u * (first + 1u) + lane] = s[first + 1u];
  tile[8u * (first + 2u) + lane] = s[first + 2u];
  tile[8u * (first + 3u) + lane] = s[first + 3u];
}
