// Matrix product, variant `tile`: for GPUs. C[i,j] = sum over k, in order, of A[i,k] * B[k,j].
//
// A workgroup of 64 makes a 32x32 tile of C; an invocation makes 4x4 of it in registers. Each round brings 16
// k of A and B into workgroup memory as 4x4 blocks: one block per invocation, of A for the first half and of
// B for the second, loaded as vec4 along memory's rows and turned in registers if these run along k.
//
// The kernel that includes this declares A_ALONG_K, B_ALONG_K, SUM_B, params.inner4 (K/4) and begin, a_row,
// load_a, b_row, load_b, in_c, store_c, store_sum, finish (see lib/product_hooks.wgsl). The loop bound comes
// straight from the uniform buffer: control flow must be uniform for barriers and broadcasts.

var<workgroup> tile_a: array<array<vec4f, 8>, 16>;  // [k][i / 4]
var<workgroup> tile_b: array<array<vec4f, 8>, 16>;  // [k][j / 4]

const TILE_ROWS = 32u;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = begin(workgroup);
  let i0 = tile.x * TILE_ROWS;
  let j0 = tile.y * 32u;
  let block = lane % 32u;
  let outer4 = block % 8u;
  let inner = block / 8u;
  let stages_a = lane < 32u;
  let ti = lane / 8u;
  let tj = lane % 8u;
  let rounds = params.inner4;
  var sum: array<vec4f, 4>;
  var b_sum = vec4f();

  for (var k4 = 0u; k4 < rounds; k4 += 4u) {
    // The value is spelled out: without it, Dawn on lavapipe keeps the last round's in blocks that lie beyond
    // K.
    var v = array<vec4f, 4>();
    if (k4 + inner < rounds) {
      for (var r = 0u; r < 4u; r++) {
        if (stages_a) {
          v[r] = select_load_a(i0, outer4, k4 + inner, r);
        } else {
          v[r] = select_load_b(j0, outer4, k4 + inner, r);
        }
      }
    }
    if ((stages_a && A_ALONG_K) || (!stages_a && B_ALONG_K)) {
      v = turn(v);
    }
    for (var r = 0u; r < 4u; r++) {
      if (stages_a) {
        tile_a[4u * inner + r][outer4] = v[r];
      } else {
        tile_b[4u * inner + r][outer4] = v[r];
      }
    }
    workgroupBarrier();
    for (var k = 0u; k < 16u; k++) {
      let a = tile_a[k][ti];
      let b = tile_b[k][tj];
      sum[0] = fma(vec4f(a.x), b, sum[0]);
      sum[1] = fma(vec4f(a.y), b, sum[1]);
      sum[2] = fma(vec4f(a.z), b, sum[2]);
      sum[3] = fma(vec4f(a.w), b, sum[3]);
      if (SUM_B) {
        b_sum += b;
      }
    }
    workgroupBarrier();
  }
  for (var r = 0u; r < 4u; r++) {
    let i = i0 + 4u * ti + r;
    let j4 = j0 / 4u + tj;
    if (in_c(i, j4)) {
      store_c(i, j4, sum[r]);
    }
  }
  if (SUM_B && i0 == 0u && ti == 0u) {
    store_sum(j0 / 4u + tj, b_sum);
  }
  finish(i0, lane, 64u);
}

// Row r of the 4x4 block of A at (i0/4 + outer4, k4), as memory has it.
fn select_load_a(i0: u32, outer4: u32, k4: u32, r: u32) -> vec4f {
  if (A_ALONG_K) {
    return load_a(a_row(i0 + 4u * outer4 + r), k4);
  }
  return load_a(a_row(4u * k4 + r), i0 / 4u + outer4);
}

fn select_load_b(j0: u32, outer4: u32, k4: u32, r: u32) -> vec4f {
  if (B_ALONG_K) {
    return load_b(b_row(j0 + 4u * outer4 + r), k4);
  }
  return load_b(b_row(4u * k4 + r), j0 / 4u + outer4);
}

fn turn(v: array<vec4f, 4>) -> array<vec4f, 4> {
  return array<vec4f, 4>(
    vec4f(v[0].x, v[1].x, v[2].x, v[3].x),
    vec4f(v[0].y, v[1].y, v[2].y, v[3].y),
    vec4f(v[0].z, v[1].z, v[2].z, v[3].z),
    vec4f(v[0].w, v[1].w, v[2].w, v[3].w),
  );
}
