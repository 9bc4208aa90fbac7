// A batch read straight from the data set: the matrix that shaders/gather.wgsl would make, without making it.

// Four pixels of batch row `row`, as numbers in 0..1; 0 beyond a short batch and beyond the last pixel.
fn pixels4(row: u32, column4: u32) -> vec4f {
  let sample = indices[trial.index * params.indices_stride + step.offset + row];
  let word = images[sample * params.image4 + column4];
  let bytes = (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  let inside = (vec4u(4u * column4) + vec4u(0u, 1u, 2u, 3u) < vec4u(params.pixels)) & vec4<bool>(row < step.rows);
  return select(vec4f(), vec4f(bytes) / 255.0, inside);
}
