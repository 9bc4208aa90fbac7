// Multiply-add only, for profiles: the rate at which this adapter computes when it does nothing else.
//
//   y[t] = v0 + v1 + ... + v7,   vk = f(f(...f(x[t] + k))),   f(v) = scale v + offset, 4 * rounds times
//
// With scale = -1 and offset = 1, f undoes itself every second time: y = 8 x + 28, for every `rounds`. Both
// come from the host, so that no compiler can know. Eight chains of vec4 per invocation hide the latency of
// an operation.
// x, y: tensors of one shape. Grid: as lib/elementwise.wgsl says.
// Work: 2 * 4 * 8 * rounds operations per element.
//!include lib/elementwise.wgsl

struct Params {
  length4: u32,
  stride: u32,
  rounds: u32,
  scale: f32,
  offset: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

// Written out, because a loop-carried value costs a software adapter a blend per iteration.
fn four(v: vec4f, a: vec4f, b: vec4f) -> vec4f {
  return fma(fma(fma(fma(v, a, b), a, b), a, b), a, b);
}

fn element(i: u32, place: u32) {
  let a = vec4f(params.scale);
  let b = vec4f(params.offset);
  let rounds = params.rounds;
  var v0 = x[place];
  var v1 = v0 + 1.0;
  var v2 = v0 + 2.0;
  var v3 = v0 + 3.0;
  var v4 = v0 + 4.0;
  var v5 = v0 + 5.0;
  var v6 = v0 + 6.0;
  var v7 = v0 + 7.0;
  for (var round = 0u; round < rounds; round++) {
    v0 = four(v0, a, b);
    v1 = four(v1, a, b);
    v2 = four(v2, a, b);
    v3 = four(v3, a, b);
    v4 = four(v4, a, b);
    v5 = four(v5, a, b);
    v6 = four(v6, a, b);
    v7 = four(v7, a, b);
  }
  y[place] = ((v0 + v1) + (v2 + v3)) + ((v4 + v5) + (v6 + v7));
}
