// AdamW update, element by element:
//
//   (w, m, v)[t] <- adamw((w, m, v)[t], g[t])      see lib/adamw.wgsl
//
// w, m, v, g: tensors of one shape, length4 vec4 each, `stride` vec4 apart from trial to trial (they lie in arenas).
// Grid: x covers the length (lib/span.wgsl), z the trials.
//!include lib/trial.wgsl
//!include lib/span.wgsl
//!include lib/adamw.wgsl

struct Params {
  length4: u32,
  stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> w: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> v: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  trial = trials[workgroup.z];
  let base = trial.index * params.stride;
  for (var item = 0u; item < ITEMS; item++) {
    let i = span_index(workgroup.x, item, lane);
    if (i < params.length4) {
      let place = base + i;
      let next = adamw_step(AdamState(w[place], m[place], v[place]), g[place]);
      w[place] = next.p;
      m[place] = next.m;
      v[place] = next.v;
    }
  }
}
