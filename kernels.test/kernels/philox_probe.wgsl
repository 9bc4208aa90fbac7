// Philox 4x32-10 as shaders/lib/philox.wgsl has it, for its test: outputs[i] = philox(counters[i],
// keys[i].xy).
//!include lib/philox.wgsl

@group(0) @binding(0) var<storage, read> counters: array<vec4u>;
@group(0) @binding(1) var<storage, read> keys: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> outputs: array<vec4u>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&outputs)) {
    outputs[id.x] = philox(counters[id.x], keys[id.x].xy);
  }
}
