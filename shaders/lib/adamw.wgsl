// One AdamW step for four parameters (Loshchilov & Hutter 2019; PyTorch's torch.optim.AdamW and Adam):
//
//   g <- g + coupled_decay * p              coupled (L2) decay; 0 when the decay is decoupled
//   m <- beta1 * m + (1 - beta1) * g
//   v <- beta2 * v + (1 - beta2) * g^2
//   p <- shrink * p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
//
// The bias corrections and shrink = 1 - lr * lambda (1 when coupled) come from the host, which has f64 and a true pow.

override BETA1: f32 = 0.9;
override ONE_MINUS_BETA1: f32 = 0.1;
override BETA2: f32 = 0.999;
override ONE_MINUS_BETA2: f32 = 0.001;
override EPSILON: f32 = 1e-8;

struct AdamState {
  p: vec4f,  // parameters
  m: vec4f,  // first moment
  v: vec4f,  // second moment
}

fn adamw_step(old: AdamState, gradient: vec4f) -> AdamState {
  let g = gradient + trial.coupled_decay * old.p;
  let m = BETA1 * old.m + ONE_MINUS_BETA1 * g;
  let v = BETA2 * old.v + ONE_MINUS_BETA2 * g * g;
  let rate = trial.learning_rate * step.first_correction;
  let p = trial.shrink * old.p - rate * m / (sqrt(v) * step.second_correction + EPSILON);
  return AdamState(p, m, v);
}
