// The gradients of all dense layers' parameters in one dispatch: for each layer dw = x^T dy, and db is the
// column sums of dy, which the product passes through anyway. The tiles of all layers form one row of tiles,
// layer after layer; begin finds a workgroup's layer. The inner dimension, the batch, is the same for all, so
// that the rounds of the product stay uniform.
//
// The x of the first layer are images; all further x, and every dy, lie in three arenas, because a shader can
// be given no more than eight storage buffers. Four neighbouring gradients are handed to the optimiser,
// lib/adamw.wgsl or lib/sgd.wgsl (take). The kernel that includes this binds images, indices and the arenas.
//!include lib/bounds.wgsl
//!include lib/trial.wgsl
//!include lib/pixels.wgsl
//!include product.wgsl

struct Layer {
  rows: u32,       // padded inputs
  columns4: u32,   // padded outputs, in vec4
  first_tile: u32,
  tile_rows: u32,  // tiles from one column of tiles to the next
  a_arena: u32,    // which arena holds x, or IMAGES
  a_start4: u32,   // where it begins there, in vec4
  a_stride: u32,   // from one trial's x to the next, in vec4; of images: from one trial's indices to the next
  b_arena: u32,    // the same of dy
  b_start4: u32,
  b_stride: u32,
  weights4: u32,   // where the layer's weights and bias begin in the arenas of w, m and v, in vec4
  bias4: u32,
}

struct Params {
  layers: array<Layer, 33>,
  count: u32,      // layers that there are
  inner4: u32,     // padded batch, in vec4
  grid_columns: u32,
  c_stride: u32,   // from one trial's parameters to the next, in vec4
}

const A_ALONG_K = false;
const B_ALONG_K = false;
const SUM_B = true;

const IMAGES = 3u;

var<private> layer: Layer;
var<private> a_base: u32;  // this trial's slice
var<private> b_base: u32;
var<private> c_base: u32;

// The grid has as many rows as it takes to hold all tiles: a workgroup behind the last one makes columns that
// no layer has.
fn begin(workgroup: vec3u) -> vec2u {
  trial = trials[workgroup.z];
  let tile = workgroup.y * params.grid_columns + workgroup.x;
  var number = 0u;
  for (var n = 1u; n < params.count; n++) {
    if (tile >= params.layers[n].first_tile) {
      number = n;
    }
  }
  layer = params.layers[number];
  rows = layer.rows;
  columns4 = layer.columns4;
  a_base = trial.index * layer.a_stride + layer.a_start4;
  b_base = trial.index * layer.b_stride + layer.b_start4;
  c_base = trial.index * params.c_stride;
  let place = tile - layer.first_tile;
  return vec2u(place % layer.tile_rows, place / layer.tile_rows);
}

fn a_row(row: u32) -> u32 {
  if (layer.a_arena == IMAGES) {
    return image_row(a_base, row, rows / 4u);
  }
  return a_base + row * (rows / 4u);
}

fn load_a(row: u32, column4: u32) -> vec4f {
  if (layer.a_arena == IMAGES) {
    return image_bytes(row, column4);
  }
  return load(layer.a_arena, row + column4);
}

fn b_row(row: u32) -> u32 {
  return b_base + row * columns4;
}

fn load_b(row: u32, column4: u32) -> vec4f {
  return load(layer.b_arena, row + column4);
}

fn load(arena: u32, place: u32) -> vec4f {
  if (arena == 0u) {
    return arena0[place];
  }
  if (arena == 1u) {
    return arena1[place];
  }
  return arena2[place];
}

fn store_c(i: u32, j4: u32, sum: vec4f) {
  let gradient = select(sum, of_pixels(sum), layer.a_arena == IMAGES);
  take(c_base + layer.weights4 + i * columns4 + j4, gradient);
}

fn store_sum(j4: u32, sum: vec4f) {
  if (j4 < columns4) {
    take(c_base + layer.bias4 + j4, sum);
  }
}

fn finish(i0: u32, lane: u32, lanes: u32) {
}
