"""Loads model.safetensors into the torch.nn.Sequential of `widths` and `dropout` and prints its logits for x.f32.

    load_state_dict.py '{"widths": [784, 128, 10], "dropout": 0.3}'
"""

import json
import struct
import sys

import torch
from torch import nn


def read_safetensors(path):
    """A reader of its own: name -> tensor, and the metadata."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32"
        start, end = entry["data_offsets"]
        tensors[name] = torch.frombuffer(data[start:end], dtype=torch.float32).reshape(entry["shape"])
    return tensors, metadata


settings = json.loads(sys.argv[1])
widths, dropout = settings["widths"], settings["dropout"]
modules = []
for layer, sides in enumerate(zip(widths, widths[1:])):
    modules.append(nn.Linear(*sides))
    if layer < len(widths) - 2:
        modules.append(nn.ReLU())
        if layer == 0 and dropout > 0:
            modules.append(nn.Dropout(dropout))
model = nn.Sequential(*modules)

state, metadata = read_safetensors("model.safetensors")
missing, unexpected = model.load_state_dict(state, strict=True)
assert not missing and not unexpected
assert str(eval(metadata["module"])) == str(model), metadata["module"]
model.eval()

x = torch.frombuffer(bytearray(open("x.f32", "rb").read()), dtype=torch.float32).reshape(-1, widths[0])
with torch.no_grad():
    single = model(x)
    double = model.double()(x.double())
print(json.dumps({"keys": list(state), "single": single.flatten().tolist(), "double": double.flatten().tolist()}))
