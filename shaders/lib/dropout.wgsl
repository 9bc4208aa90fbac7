// The dropout mask: a function of (seed, layer, step, position), drawn again where needed, never stored. Each
// trial has a p for each layer.
//!include lib/philox.wgsl

const DROPOUT_STREAM = 0u;
const DROPOUT_LAYERS = 32u;

// By trial and layer, two neighbouring layers in a vec4: floor(p * 2^32), below which a draw drops, and the
// bits of 1 / (1 - p).
@group(1) @binding(2) var<uniform> dropouts: array<vec4u, 4096>;

fn dropout_of(layer: u32) -> vec2u {
  let place = trial.index * DROPOUT_LAYERS + layer % DROPOUT_LAYERS;
  let pair = dropouts[place / 2u];
  return select(pair.xy, pair.zw, place % 2u == 1u);
}

// What a kept value is multiplied with: 1 / (1 - p).
fn keep_scale(layer: u32) -> f32 {
  return bitcast<f32>(dropout_of(layer).y);
}

// True where the four values at `quad` (row * columns/4 + column/4) are kept.
fn dropout_keep(quad: u32, layer: u32) -> vec4<bool> {
  let draw = philox(vec4u(quad, step.number, layer, DROPOUT_STREAM), vec2u(trial.seed_low, trial.seed_high));
  return draw >= vec4u(dropout_of(layer).x);
}

// Inverted dropout: kept values are scaled by 1 / (1 - p), the others are 0.
fn dropout(value: vec4f, quad: u32, layer: u32) -> vec4f {
  return select(vec4f(), value * keep_scale(layer), dropout_keep(quad, layer));
}
