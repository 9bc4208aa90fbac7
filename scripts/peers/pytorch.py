"""
The training step in PyTorch on the CPU: eager, AdamW. Talks to scripts/bench.js as lib/contender.js describes; with
a second argument, a number of steps, it answers for these once and ends.
"""

import ctypes
import json
import math
import os
import re
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


def mapped():
    """The files in this process's memory, with the ranges of their addresses; none where no file tells."""
    ranges = []
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            for line in maps:
                parts = line.split()
                if len(parts) == 6 and parts[5].startswith("/"):
                    low, high = (int(part, 16) for part in parts[0].split("-"))
                    ranges.append((low, high, os.path.realpath(parts[5])))
    except OSError:
        pass
    return ranges


def home_of_sgemm():
    """The file that PyTorch's calls of sgemm lead to; None where that cannot be found out."""
    ranges = mapped()
    torch_cpu = [path for _, _, path in ranges if "libtorch_cpu" in path]
    if not torch_cpu:
        return None
    try:
        address = ctypes.cast(ctypes.CDLL(torch_cpu[0]).sgemm_, ctypes.c_void_p).value
    except (OSError, AttributeError):
        return None
    return next((path for low, high, path in ranges if low <= address < high), None)


def blas():
    """The library that multiplies matrices, in words; and whether it is BLAS's reference, which nobody would use."""
    path = home_of_sgemm() or ""
    name = os.path.basename(path)
    if "openblas" in path:
        try:
            config = ctypes.CDLL(path).openblas_get_config
            config.restype = ctypes.c_char_p
            return " ".join(config().decode().split()[:2]), False
        except (OSError, AttributeError):
            return "OpenBLAS", False
    if "mkl" in name:
        return "MKL", False
    if re.match(r"libblas\.so", name):
        return "the reference BLAS", True
    named = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    return f"BLAS of its build ({named.group(1)})" if named else "BLAS of its build", False


def facts():
    capability = re.search(r"CPU capability usage: (\S+)", torch.__config__.show())
    library, isReference = blas()
    runsOn = f"CPU ({capability.group(1)}), {library}" if capability else f"CPU, {library}"
    unfair = {"unfair": "the reference BLAS; OpenBLAS is many times as fast"} if isReference else {}
    return {"version": torch.__version__, "runsOn": runsOn, "python": os.path.realpath(sys.executable), **unfair}


def say(record):
    print(json.dumps(record), flush=True)


def answer(steps):
    started, cpu = time.perf_counter(), time.process_time()
    last = run(steps)
    ms, cpuMs = 1000 * (time.perf_counter() - started), 1000 * (time.process_time() - cpu)
    say({"steps": steps, "ms": ms, "cpuMs": cpuMs, "loss": last if math.isfinite(last) else None})


run(2)
say({"ready": facts()})
if len(sys.argv) > 2:
    answer(int(sys.argv[2]))
else:
    for line in sys.stdin:
        answer(int(line))
