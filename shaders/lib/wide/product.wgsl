// Matrix product, variant `wide`: for SwiftShader. C[i,j] = sum over k, in order, of A[i,k] * B[k,j].
//
// A workgroup of 2x2, which is one subgroup there, makes a 32x32 tile of C; an invocation makes 16 rows of 16
// columns in 64 vec4 sums. Each round takes 4 k: 16 vec4 of A and 16 of B. A load costs SwiftShader as much
// as ten multiply-adds, because each lane's four numbers are fetched one by one; that is why every loaded
// value is used 16 times. An array that is indexed by a variable is memory to it, too: the rounds name all.
//
// The kernel that includes this declares what lib/tile/product.wgsl says.
//!include lib/four_k.wgsl

alias Block = array<vec4f, 4>;   // four rows of four columns
alias Blocks = array<Block, 4>;  // four rows of 16 columns

const TILE_ROWS = 32u;

@compute @workgroup_size(2, 2)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = begin(workgroup);
  let i = tile.x * TILE_ROWS + local.y * 16u;
  let j4 = tile.y * 8u + local.x * 4u;
  let rounds = params.inner4;
  var s0 = Blocks();
  var s1 = Blocks();
  var s2 = Blocks();
  var s3 = Blocks();
  var b_sum = Block();

  // Where the rows of A begin: fixed if A runs along k, else four others in each round.
  var a_rows = array<vec4u, 4>(rows_of_a(i), rows_of_a(i + 4u), rows_of_a(i + 8u), rows_of_a(i + 12u));
  for (var k4 = 0u; k4 < rounds; k4++) {
    if (!A_ALONG_K) {
      let row = rows_of_a(4u * k4);
      a_rows = array<vec4u, 4>(row, row, row, row);
    }
    let b = array<FourK, 4>(
      columns_of_b(j4, k4),
      columns_of_b(j4 + 1u, k4),
      columns_of_b(j4 + 2u, k4),
      columns_of_b(j4 + 3u, k4),
    );
    if (SUM_B) {
      b_sum = Block(
        add_four_k(b_sum[0], b[0]), add_four_k(b_sum[1], b[1]),
        add_four_k(b_sum[2], b[2]), add_four_k(b_sum[3], b[3]),
      );
    }
    s0 = add_blocks(s0, load_block(a_rows[0], i / 4u, k4), b);
    s1 = add_blocks(s1, load_block(a_rows[1], i / 4u + 1u, k4), b);
    s2 = add_blocks(s2, load_block(a_rows[2], i / 4u + 2u, k4), b);
    s3 = add_blocks(s3, load_block(a_rows[3], i / 4u + 3u, k4), b);
  }
  var sums = array<Blocks, 4>(s0, s1, s2, s3);
  for (var r = 0u; r < 16u; r++) {
    for (var c = 0u; c < 4u; c++) {
      if (in_c(i + r, j4 + c)) {
        store_c(i + r, j4 + c, sums[r / 4u][c][r % 4u]);
      }
    }
  }
  if (SUM_B && i == 0u) {
    for (var c = 0u; c < 4u; c++) {
      store_sum(j4 + c, b_sum[c]);
    }
  }
  finish(tile.x * TILE_ROWS, local.y * 2u + local.x, 4u);
}

fn rows_of_a(r: u32) -> vec4u {
  return vec4u(a_row(r), a_row(r + 1u), a_row(r + 2u), a_row(r + 3u));
}

fn columns_of_b(j4: u32, k4: u32) -> FourK {
  return load_four_k(four_rows(j4, k4), j4, k4);
}

// A[4 i4 .. 4 i4 + 3, k..k+3], row by row.
fn load_block(row: vec4u, i4: u32, k4: u32) -> Block {
  let c4 = select(i4, k4, A_ALONG_K);
  let v0 = load_a(row.x, c4);
  let v1 = load_a(row.y, c4);
  let v2 = load_a(row.z, c4);
  let v3 = load_a(row.w, c4);
  if (A_ALONG_K) {
    return Block(v0, v1, v2, v3);
  }
  return Block(
    vec4f(v0.x, v1.x, v2.x, v3.x),
    vec4f(v0.y, v1.y, v2.y, v3.y),
    vec4f(v0.z, v1.z, v2.z, v3.z),
    vec4f(v0.w, v1.w, v2.w, v3.w),
  );
}

fn add_blocks(s: Blocks, a: Block, b: array<FourK, 4>) -> Blocks {
  return Blocks(
    add_block(s[0], a, b[0]), add_block(s[1], a, b[1]), add_block(s[2], a, b[2]), add_block(s[3], a, b[3]),
  );
}

fn add_block(s: Block, a: Block, b: FourK) -> Block {
  return Block(add_row(s[0], a[0], b), add_row(s[1], a[1], b), add_row(s[2], a[2], b), add_row(s[3], a[3], b));
}
