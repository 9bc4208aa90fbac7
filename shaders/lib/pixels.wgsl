// Images of the data set as rows of a batch, and sums of products with their bytes.

// Where the image of batch row `row` begins, of a trial whose list of indices begins at `list`; an image
// takes `words` words. Rows beyond a short batch repeat its last image, so that no place is out of bounds.
fn image_row(list: u32, row: u32, words: u32) -> u32 {
  let sample = indices[list + step.offset + min(row, step.rows - 1u)];
  return sample * words;
}

// Four of its bytes, as numbers in 0..255. Images are padded to words.
fn image_bytes(row: u32, column4: u32) -> vec4f {
  let bytes = (vec4u(images[row + column4]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  return vec4f(bytes);
}

// What a sum of products with bytes is with pixels in 0..1: one division per output, not one per byte.
fn of_pixels(sum: vec4f) -> vec4f {
  return sum / 255.0;
}
