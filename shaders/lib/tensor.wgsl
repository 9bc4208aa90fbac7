// A batch that is a tensor x: the A of a dense layer's product. The other kind is lib/images.wgsl.

fn a_row(row: u32) -> u32 {
  return a_base + row * a_row4;
}

fn load_a(row: u32, column4: u32) -> vec4f {
  return x[row + column4];
}

// See lib/images.wgsl: x is what it is, and its rows beyond a short batch are numbers like any others.
fn scaled(sum: vec4f) -> vec4f {
  return sum;
}

fn is_present(row: u32) -> bool {
  return true;
}
