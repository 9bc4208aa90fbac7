"""Prints the logits for x.f32 of the network in model.npz, in float32."""

import json

import numpy

p = numpy.load("model.npz")
x = numpy.fromfile("x.f32", dtype=numpy.float32).reshape(-1, p["layer0.weight"].shape[0])
for k in range(len(p.files) // 2):
    x = (numpy.maximum(x, 0) if k else x) @ p[f"layer{k}.weight"] + p[f"layer{k}.bias"]
assert x.dtype == numpy.float32
print(json.dumps(x.flatten().tolist()))
