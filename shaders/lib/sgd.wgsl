// SGD update of four parameters, with momentum (PyTorch's torch.optim.SGD, no dampening, no Nesterov):
//
//   g <- g + coupled_decay * p              coupled (L2) decay; 0 when the decay is decoupled
//   m <- momentum * m + g
//   p <- shrink * p - lr * m
//
// shrink = 1 - lr * lambda (1 when coupled) comes from the host, in f64: the decoupled decay of SGDW
// (Loshchilov & Hutter 2019). m is 0 before the first step, which makes it g, as PyTorch does.
// The kernel that includes this binds w (parameters) and m (momentum buffers, as first moments).

// Four neighbouring gradients, of the parameters at `place`.
fn take(place: u32, gradient: vec4f) {
  let p = w[place];
  let g = gradient + trial.coupled_decay * p;
  let velocity = trial.momentum * m[place] + g;
  w[place] = trial.shrink * p - trial.learning_rate * velocity;
  m[place] = velocity;
}
