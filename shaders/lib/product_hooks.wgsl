// What a matrix product offers beyond its tile of C, for kernels that use neither.

// SUM_B: also add up the columns of B over k, in order; store_sum gets them, four at a time, once.
const SUM_B = false;

fn store_sum(j4: u32, sum: vec4f) {
}

// Called by every invocation, in uniform control flow, after store_c. i0: the tile's first row.
fn finish(i0: u32, lane: u32, lanes: u32) {
}
