// How far C of a product reaches: its padded sides, which tiles overrun. Set by begin.

var<private> rows: u32;
var<private> columns4: u32;

// Products call store_c only for values that are in C.
fn in_c(i: u32, j4: u32) -> bool {
  return i < rows && j4 < columns4;
}
