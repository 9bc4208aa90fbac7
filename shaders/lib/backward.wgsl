// C of a dense layer's backward products, shared by all of them: the kernel that includes this says what
// becomes of four neighbouring values that belong at `place`: take(place, value); and where A lies also says
// what its sums are to be: scaled(sum).
//!include lib/dense.wgsl

fn store_c(i: u32, j4: u32, sum: vec4f) {
  take(trial.index * params.c_stride + i * columns4 + j4, scaled(sum));
}
