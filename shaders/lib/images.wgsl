// A batch read straight from the data set, the A of a dense layer's product: the matrix that gather.wgsl
// would make, without making it. Here params.a_stride counts indices, from one trial's to the next. The other
// kind is lib/tensor.wgsl.

// No word of an image lies here.
const NOWHERE = 0xffffffffu;

// Where the image of batch row `row` begins; NOWHERE beyond a short batch.
fn a_row(row: u32) -> u32 {
  let sample = indices[a_base + step.offset + row];
  return select(NOWHERE, sample * a_row4, row < step.rows);
}

// Four pixels of it, as numbers in 0..1; 0 in the rows that are not there. Images are padded to words.
fn load_a(row: u32, column4: u32) -> vec4f {
  let bytes = (vec4u(images[row + column4]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  return select(vec4f(), vec4f(bytes) / 255.0, row != NOWHERE);
}
