// AdamW update of four parameters (Loshchilov & Hutter 2019; PyTorch's torch.optim.AdamW and Adam):
//
//   g <- g + coupled_decay * p              coupled (L2) decay; 0 when the decay is decoupled
//   m <- beta1 * m + (1 - beta1) * g
//   v <- beta2 * v + (1 - beta2) * g^2
//   p <- shrink * p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
//
// The bias corrections and shrink = 1 - lr * lambda (1 when coupled) come from the host, in f64.
// The kernel that includes this binds w (parameters), m and v (first and second moments).

override BETA1: f32 = 0.9;
override ONE_MINUS_BETA1: f32 = 0.1;
override BETA2: f32 = 0.999;
override ONE_MINUS_BETA2: f32 = 0.001;
override EPSILON: f32 = 1e-8;

// Four neighbouring gradients, of the parameters at `place`.
fn take(place: u32, gradient: vec4f) {
  let p = w[place];
  let g = gradient + trial.coupled_decay * p;
  let first = BETA1 * m[place] + ONE_MINUS_BETA1 * g;
  let second = BETA2 * v[place] + ONE_MINUS_BETA2 * g * g;
  let rate = trial.learning_rate * step.first_correction;
  w[place] = trial.shrink * p - rate * first / (sqrt(second) * step.second_correction + EPSILON);
  m[place] = first;
  v[place] = second;
}
