// Matrix product, variant `tile128`: for large matrices on GPUs. C[i,j] = sum over k, in order, of A[i,k] *
// B[k,j].
//
// A workgroup of 256 makes a 128x128 tile of C; an invocation makes 8x8 of it, as four 4x4 blocks 64 apart.
// Stages of 8 k of A and B lie in workgroup memory twice: while one is multiplied, the next is on its way
// through registers.
//
// The kernel that includes this declares what lib/tile/product.wgsl says.

var<workgroup> tile_a: array<array<array<vec4f, 32>, 8>, 2>;  // [stage][k][i / 4]
var<workgroup> tile_b: array<array<array<vec4f, 32>, 8>, 2>;  // [stage][k][j / 4]

const TILE_ROWS = 128u;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = begin(workgroup);
  let i0 = tile.x * TILE_ROWS;
  let j0 = tile.y * 128u;
  // A subgroup of 32 makes 4x8 blocks, and reads 64 and 128 neighbouring bytes of a row of either stage.
  let ti = 4u * (lane / 64u) + (lane % 32u) / 8u;
  let tj = 8u * ((lane / 32u) % 2u) + lane % 8u;
  let fixed_a = a_row(i0 + lane % 128u);
  let fixed_b = b_row(j0 + lane % 128u);
  let rounds = params.inner4;
  // Sums have names: an array that the epilogue's loop goes through would lie in memory all the time, which
  // takes ten times as long.
  var s0 = vec4f();  // rows i0 + 4 ti .. of columns j0 + 4 tj ..
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  var s4 = vec4f();  // rows i0 + 64 + 4 ti ..
  var s5 = vec4f();
  var s6 = vec4f();
  var s7 = vec4f();
  var t0 = vec4f();  // the same rows of columns j0 + 64 + 4 tj ..
  var t1 = vec4f();
  var t2 = vec4f();
  var t3 = vec4f();
  var t4 = vec4f();
  var t5 = vec4f();
  var t6 = vec4f();
  var t7 = vec4f();
  var b_sum0 = vec4f();
  var b_sum1 = vec4f();

  stage_a(0u, lane, fetch_a(fixed_a, i0, 0u, lane, rounds));
  stage_b(0u, lane, fetch_b(fixed_b, j0, 0u, lane, rounds));
  workgroupBarrier();
  var stage = 0u;
  for (var k4 = 0u; k4 < rounds; k4 += 2u) {
    let next_a = fetch_a(fixed_a, i0, k4 + 2u, lane, rounds);
    let next_b = fetch_b(fixed_b, j0, k4 + 2u, lane, rounds);
    for (var k = 0u; k < 8u; k++) {
      let a0 = tile_a[stage][k][ti];
      let a1 = tile_a[stage][k][16u + ti];
      let b0 = tile_b[stage][k][tj];
      let b1 = tile_b[stage][k][16u + tj];
      s0 = fma(vec4f(a0.x), b0, s0);
      s1 = fma(vec4f(a0.y), b0, s1);
      s2 = fma(vec4f(a0.z), b0, s2);
      s3 = fma(vec4f(a0.w), b0, s3);
      s4 = fma(vec4f(a1.x), b0, s4);
      s5 = fma(vec4f(a1.y), b0, s5);
      s6 = fma(vec4f(a1.z), b0, s6);
      s7 = fma(vec4f(a1.w), b0, s7);
      t0 = fma(vec4f(a0.x), b1, t0);
      t1 = fma(vec4f(a0.y), b1, t1);
      t2 = fma(vec4f(a0.z), b1, t2);
      t3 = fma(vec4f(a0.w), b1, t3);
      t4 = fma(vec4f(a1.x), b1, t4);
      t5 = fma(vec4f(a1.y), b1, t5);
      t6 = fma(vec4f(a1.z), b1, t6);
      t7 = fma(vec4f(a1.w), b1, t7);
      if (SUM_B) {
        b_sum0 += b0;
        b_sum1 += b1;
      }
    }
    stage = 1u - stage;
    stage_a(stage, lane, next_a);
    stage_b(stage, lane, next_b);
    workgroupBarrier();
  }
  var s = array<vec4f, 8>(s0, s1, s2, s3, s4, s5, s6, s7);
  var t = array<vec4f, 8>(t0, t1, t2, t3, t4, t5, t6, t7);
  for (var r = 0u; r < 8u; r++) {
    let i = i0 + 64u * (r / 4u) + 4u * ti + r % 4u;
    let j4 = j0 / 4u + tj;
    if (in_c(i, j4)) {
      store_c(i, j4, s[r]);
    }
    if (in_c(i, j4 + 16u)) {
      store_c(i, j4 + 16u, t[r]);
    }
  }
  if (SUM_B && i0 == 0u && ti == 0u) {
    store_sum(j0 / 4u + tj, b_sum0);
    store_sum(j0 / 4u + 16u + tj, b_sum1);
  }
  finish(i0, lane, 256u);
}

// This invocation's vec4 of a stage: 4 k of row lane % 128, which begins at `fixed`, if A runs along k; else
// 4 columns of one k.
fn fetch_a(fixed: u32, i0: u32, k4: u32, lane: u32, rounds: u32) -> vec4f {
  let own_k4 = k4 + lane / 128u;
  if (own_k4 >= rounds) {
    return vec4f();
  }
  if (A_ALONG_K) {
    return load_a(fixed, own_k4);
  }
  return load_a(a_row(4u * k4 + lane / 32u), i0 / 4u + lane % 32u);
}

fn fetch_b(fixed: u32, j0: u32, k4: u32, lane: u32, rounds: u32) -> vec4f {
  let own_k4 = k4 + lane / 128u;
  if (own_k4 >= rounds) {
    return vec4f();
  }
  if (B_ALONG_K) {
    return load_b(fixed, own_k4);
  }
  return load_b(b_row(4u * k4 + lane / 32u), j0 / 4u + lane % 32u);
}

fn stage_a(stage: u32, lane: u32, v: vec4f) {
  if (!A_ALONG_K) {
    tile_a[stage][lane / 32u][lane % 32u] = v;
    return;
  }
  let i = lane % 128u;
  let k = 4u * (lane / 128u);
  tile_a[stage][k][i / 4u][i % 4u] = v.x;
  tile_a[stage][k + 1u][i / 4u][i % 4u] = v.y;
  tile_a[stage][k + 2u][i / 4u][i % 4u] = v.z;
  tile_a[stage][k + 3u][i / 4u][i % 4u] = v.w;
}

fn stage_b(stage: u32, lane: u32, v: vec4f) {
  if (!B_ALONG_K) {
    tile_b[stage][lane / 32u][lane % 32u] = v;
    return;
  }
  let j = lane % 128u;
  let k = 4u * (lane / 128u);
  tile_b[stage][k][j / 4u][j % 4u] = v.x;
  tile_b[stage][k + 1u][j / 4u][j % 4u] = v.y;
  tile_b[stage][k + 2u][j / 4u][j % 4u] = v.z;
  tile_b[stage][k + 3u][j / 4u][j % 4u] = v.w;
}
