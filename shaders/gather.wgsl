// Batch gather: bytes to numbers, or f32 features (FEATURES) as they are.
//
//   x[t, i, j] = images[indices[t, offset + i], j] / 255       labels of the batch: y[t, i]
//
// images: [samples, pixels] bytes, rows padded to whole u32 with zeros, or f32 features, padded as x is;
// indices: [trials, length]; x: [rows, columns] padded to multiples of 4. Rows from step.rows on are 0, which
// keeps a short last batch exact: their activations are finite and their gradients 0.
// Grid: x covers the words of an image, y the rows, z the trials. One invocation: four pixels; the first also
// the label.
//!include lib/trial.wgsl

override FEATURES: bool = false;

struct Params {
  columns4: u32,
  rows: u32,            // padded rows of x
  indices_stride: u32,  // indices per trial
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> indices: array<u32>;
@group(0) @binding(4) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> y: array<u32>;

// Four neighbouring inputs of an image.
fn four_inputs(quad: u32) -> vec4f {
  if (FEATURES) {
    let at = 4u * quad;
    return bitcast<vec4f>(vec4u(images[at], images[at + 1u], images[at + 2u], images[at + 3u]));
  }
  let bytes = (vec4u(images[quad]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  return vec4f(bytes) / 255.0;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let column4 = workgroup.x * 64u + lane;
  let row = workgroup.y;
  if (column4 >= params.columns4 || row >= params.rows) {
    return;
  }
  let place = trial.index * params.rows + row;
  if (row >= step.rows) {
    x[place * params.columns4 + column4] = vec4f();
    if (column4 == 0u) {
      y[place] = 0u;
    }
    return;
  }
  let sample = indices[trial.index * params.indices_stride + step.offset + row];
  let quad = sample * params.columns4 + column4;
  x[place * params.columns4 + column4] = four_inputs(quad);
  if (column4 == 0u) {
    y[place] = labels[sample];
  }
}
