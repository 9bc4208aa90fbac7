"""Reads a.npz with numpy and prints what it found: the archive's files with their dates, and each array as JSON."""

import json
import zipfile

import numpy

with zipfile.ZipFile("a.npz") as archive:
    assert archive.testzip() is None, "a checksum is wrong"
    files = [[entry.filename, entry.date_time, entry.compress_type] for entry in archive.infolist()]
with numpy.load("a.npz", allow_pickle=False) as arrays:
    found = {
        name: {"type": array.dtype.str, "shape": array.shape, "bytes": array.tobytes("C").hex()}
        for name, array in arrays.items()
    }
print(json.dumps({"files": files, "arrays": found}))
