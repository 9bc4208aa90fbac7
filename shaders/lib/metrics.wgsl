// The metrics of a batch lie in records of so many rows each, which the host adds up.

const METRICS_TILE = 8u;

struct Metrics {
  loss: f32,
  correct: u32,
}
