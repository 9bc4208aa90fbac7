// A batch that is a tensor x: the A of a dense layer's product. The other kind is lib/images.wgsl.

fn a_row(row: u32) -> u32 {
  return a_base + row * a_row4;
}

fn load_a(row: u32, column4: u32) -> vec4f {
  return x[row + column4];
}
