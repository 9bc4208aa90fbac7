// Softmax cross-entropy of one row, shared by softmax_cross_entropy and its fused form. The kernel that
// includes this says where logits come from and where gradients go, four classes at a time: logit4(row, j4),
// put_gradient(row, j4, gradient).

//
// Without SMOOTHING the loss aims at the label alone: target = onehot. With it (PyTorch's
// CrossEntropyLoss(label_smoothing)), for C classes:
//
//   target = (1 - label_smoothing) * onehot + label_smoothing / C
//   loss = log(sum over c of exp(z[c] - max)) + sum over c of target[c] * (max - z[c])

override SMOOTHING: bool = false;

const NO_CLASS = 0xffffffffu;

struct RowResult {
  loss: f32,
  predicted: u32,
}

// Loss and prediction of a row; hands out its gradient. The largest logit is subtracted first, so exp cannot
// overflow.
fn softmax_row(row: u32, label: u32, classes: u32, columns4: u32) -> RowResult {
  var largest = logit4(row, 0u).x;
  var best = 0u;
  var label_logit = largest;
  for (var c = 1u; c < classes; c++) {
    let value = logit4(row, c / 4u)[c % 4u];
    if (value > largest) {
      largest = value;
      best = c;
    }
    if (c == label) {
      label_logit = value;
    }
  }
  var sum = 0.0;
  for (var j4 = 0u; j4 < columns4; j4++) {
    let e = class_exp(logit4(row, j4), j4, largest, classes);
    sum += e.x;
    sum += e.y;
    sum += e.z;
    sum += e.w;
  }
  for (var j4 = 0u; j4 < columns4; j4++) {
    let softmax = class_exp(logit4(row, j4), j4, largest, classes) / sum;
    put_gradient(row, j4, (softmax - target_of(j4, label, classes)) * step.inverse_rows);
  }
  return RowResult(log(sum) + target_distance(row, largest, label_logit, classes), best);
}

// What the loss aims at; 0 in padding columns.
fn target_of(j4: u32, label: u32, classes: u32) -> vec4f {
  let onehot = select(vec4f(), vec4f(1.0), columns_of(j4) == vec4u(label));
  if (!SMOOTHING) {
    return onehot;
  }
  let share = vec4f(trial.label_smoothing / f32(classes));
  return (1.0 - trial.label_smoothing) * onehot + select(vec4f(), share, columns_of(j4) < vec4u(classes));
}

// How far the logits lie below the largest, weighted by the target. A distance that overflows is not
// multiplied by 0.
fn target_distance(row: u32, largest: f32, label_logit: f32, classes: u32) -> f32 {
  let distance = largest - label_logit;
  if (!SMOOTHING || trial.label_smoothing == 0.0) {
    return distance;
  }
  let share = trial.label_smoothing / f32(classes);
  var sum = (1.0 - trial.label_smoothing) * distance;
  for (var c = 0u; c < classes; c++) {
    sum += share * (largest - logit4(row, c / 4u)[c % 4u]);
  }
  return sum;
}

// The gradient of a row beyond a short batch.
fn no_gradient(row: u32, columns4: u32) {
  for (var j4 = 0u; j4 < columns4; j4++) {
    put_gradient(row, j4, vec4f());
  }
}

fn columns_of(j4: u32) -> vec4u {
  return vec4u(4u * j4) + vec4u(0u, 1u, 2u, 3u);
}

// exp(z - largest), and 0 in padding columns.
fn class_exp(value: vec4f, j4: u32, largest: f32, classes: u32) -> vec4f {
  return select(vec4f(), exp(value - largest), columns_of(j4) < vec4u(classes));
}
