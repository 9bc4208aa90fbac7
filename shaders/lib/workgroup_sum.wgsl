// The sum over a workgroup of one value per invocation, in the order of the invocations. Each of them adds it
// up for itself, and gets the same bits. To be called once, by all invocations of the workgroup.
//!include lib/trial.wgsl

override WORKGROUP: u32 = 64;

var<workgroup> shares: array<f32, WORKGROUP>;

fn workgroup_sum(lane: u32, value: f32) -> f32 {
  shares[lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += shares[i];
  }
  return sum;
}
