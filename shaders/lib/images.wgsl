// A batch read straight from the data set, the A of a dense layer's product: 255 times the matrix that
// gather.wgsl would make, without making it. Here params.a_stride counts indices, from one trial's to the
// next. The other kind is lib/tensor.wgsl.

// Where the image of batch row `row` begins. Rows beyond a short batch repeat its last image, so that no
// place is out of bounds: backward their dy is 0, forward is_present leaves them out.
fn a_row(row: u32) -> u32 {
  let sample = indices[a_base + step.offset + min(row, step.rows - 1u)];
  return sample * a_row4;
}

// Four of its bytes, as numbers in 0..255. Images are padded to words.
fn load_a(row: u32, column4: u32) -> vec4f {
  let bytes = (vec4u(images[row + column4]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  return vec4f(bytes);
}

// What a sum of products with bytes is with pixels in 0..1: one division per output, not one per byte.
fn scaled(sum: vec4f) -> vec4f {
  return sum / 255.0;
}

// False for the rows beyond a short batch: their activations are those of a row of zeros, f(b). With those of
// the repeated image, a row's dropout could keep what overflows when scaled and the image's own row drops;
// the next layer's gradient multiplies it by dy = 0, and 0 * inf is NaN.
fn is_present(row: u32) -> bool {
  return row < step.rows;
}
