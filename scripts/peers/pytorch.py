"""The training step in PyTorch on the CPU: eager, AdamW. Talks to scripts/bench.js as lib/contender.js describes."""

import json
import math
import sys
import time

step = json.loads(sys.argv[1])

import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

torch.set_num_threads(step["threads"])
torch.manual_seed(0)

widths, rows = step["widths"], step["batch"]
x = torch.rand(rows, widths[0])
y = torch.arange(rows) % widths[-1]
layers = [torch.nn.Linear(*sides) for sides in zip(widths, widths[1:])]
optimizer = torch.optim.AdamW(
    [parameter for layer in layers for parameter in layer.parameters()],
    lr=step["learningRate"],
    betas=(step["beta1"], step["beta2"]),
    eps=step["epsilon"],
    weight_decay=step["weightDecay"],
)


def run(steps):
    """Trains some steps and gives the last loss."""
    for _ in range(steps):
        value = x
        for index, layer in enumerate(layers):
            value = layer(value)
            if index < len(layers) - 1:
                value = functional.relu(value)
            if index == 0:
                value = functional.dropout(value, step["dropout"])
        loss = functional.cross_entropy(value, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return loss.item()


def say(record):
    print(json.dumps(record), flush=True)


run(2)
say({"ready": {"version": torch.__version__, "runsOn": "CPU"}})
for line in sys.stdin:
    started = time.perf_counter()
    last = run(int(line))
    say({"steps": int(line), "ms": 1000 * (time.perf_counter() - started), "loss": last if math.isfinite(last) else None})
