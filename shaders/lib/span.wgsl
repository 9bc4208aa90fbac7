// How elementwise kernels walk a tensor: each workgroup owns WORKGROUP * ITEMS neighbouring elements and takes them
// WORKGROUP at a time, so that neighbouring lanes read neighbouring addresses. Grid: x covers the length.

override WORKGROUP: u32 = 64;
override ITEMS: u32 = 4;

fn span_index(workgroup: u32, item: u32, lane: u32) -> u32 {
  return (workgroup * ITEMS + item) * WORKGROUP + lane;
}
