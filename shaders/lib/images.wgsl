// A batch read straight from the data set, the A of a dense layer's product: 255 times the matrix that
// gather.wgsl would make, without making it. Here params.a_stride counts indices, from one trial's to the
// next. The other kind is lib/tensor.wgsl.
//!include lib/pixels.wgsl

// Of the rows beyond a short batch: backward their dy is 0, forward is_present leaves them out.
fn a_row(row: u32) -> u32 {
  return image_row(a_base, row, a_row4);
}

fn load_a(row: u32, column4: u32) -> vec4f {
  return image_bytes(row, column4);
}

fn scaled(sum: vec4f) -> vec4f {
  return of_pixels(sum);
}

// False for the rows beyond a short batch: their activations are those of a row of zeros, f(b). With those of
// the repeated image, a row's dropout could keep what overflows when scaled and the image's own row drops;
// the next layer's gradient multiplies it by dy = 0, and 0 * inf is NaN.
fn is_present(row: u32) -> bool {
  return row < step.rows;
}
