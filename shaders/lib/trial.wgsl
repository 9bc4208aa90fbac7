// What changes from step to step, and from trial to trial. Bind group 1 of every kernel.
//
// The host fills both tables between epochs; a dispatch finds its step through a dynamic offset and its trial
// through workgroup_id.z, so nothing comes from the host while an epoch runs.

struct Step {
  number: u32,             // optimiser step, counted from 0 over the whole run: part of every dropout counter
  slot: u32,               // step within the epoch: where its metrics go
  offset: u32,             // first index of this batch in the epoch's permutation
  rows: u32,               // samples in this batch; the last one may be short
  inverse_rows: f32,       // 1 / rows
  first_correction: f32,   // 1 / (1 - beta1^(number+1))
  second_correction: f32,  // 1 / sqrt(1 - beta2^(number+1))
}

struct Trial {
  @align(16)               // as the elements of an array in a uniform buffer must be
  index: u32,              // which slice of every tensor is this trial's: slots are compacted when trials end
  seed_low: u32,
  seed_high: u32,
  learning_rate: f32,
  shrink: f32,             // 1 - lr * lambda when the decay is decoupled, else 1
  coupled_decay: f32,      // lambda when the decay is coupled (L2), else 0
  label_smoothing: f32,    // share of the loss's target that is spread over all classes, in training alone
  max_norm: f32,           // largest norm of the trial's gradient; 0: it is not clipped
  momentum: f32,           // of SGD
}

@group(1) @binding(0) var<uniform> step: Step;
@group(1) @binding(1) var<uniform> trials: array<Trial, 256>;

// The trial of this dispatch slice; every kernel sets it first: trial = trials[workgroup_id.z].
var<private> trial: Trial;
