// The dropout mask: a function of (seed, layer, step, position), drawn again where needed, never stored.
//!include lib/philox.wgsl

const DROPOUT_STREAM = 0u;

// True where the four values at `quad` (row * columns/4 + column/4) are kept.
fn dropout_keep(quad: u32, layer: u32) -> vec4<bool> {
  let draw = philox(vec4u(quad, step.number, layer, DROPOUT_STREAM), vec2u(trial.seed_low, trial.seed_high));
  return draw >= vec4u(trial.drop_threshold);
}

// Inverted dropout: kept values are scaled by 1 / (1 - p), the others are 0.
fn dropout(value: vec4f, quad: u32, layer: u32) -> vec4f {
  return select(vec4f(), value * trial.keep_scale, dropout_keep(quad, layer));
}
