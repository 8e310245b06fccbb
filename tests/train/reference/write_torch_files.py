"""Writes state dictionaries with torch.save in both layouts, and what they hold in plain bytes.

usage: write_torch_files.py FOLDER
Makes NAME.zip.pth, NAME.legacy.pth for each case, and NAME.json + NAME.bin: [{name, dtype, shape}]
with the values one after the other, row by row.
"""
import collections
import json
import sys

import torch

DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}


def plain_bytes(tensor):
    flat = tensor.detach().contiguous().reshape(-1)
    if flat.dtype == torch.bfloat16:
        flat = flat.view(torch.int16)
    return flat.numpy().tobytes()


def write(folder, name, saved, tensors):
    torch.save(saved, f"{folder}/{name}.zip.pth", _use_new_zipfile_serialization=True)
    torch.save(saved, f"{folder}/{name}.legacy.pth", _use_new_zipfile_serialization=False)
    with open(f"{folder}/{name}.bin", "wb") as data:
        for tensor in tensors.values():
            data.write(plain_bytes(tensor))
    listing = [{"name": key, "dtype": DTYPES[t.dtype], "shape": list(t.shape)}
               for key, t in tensors.items()]
    with open(f"{folder}/{name}.json", "w") as out:
        json.dump(listing, out)


def main(folder):
    torch.manual_seed(1)
    dtypes = {f"values.{name}": (torch.randn(3, 5) * 100).to(dtype)
              for dtype, name in DTYPES.items()}
    write(folder, "dtypes", dtypes, dtypes)

    base = torch.arange(240, dtype=torch.float32).reshape(2, 3, 5, 8)
    views = collections.OrderedDict(
        whole=base, part=base[1, 1:, ::2, 3:7], transposed=base.permute(3, 1, 0, 2),
        channels_last=torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        expanded=torch.randn(4, 1, 1).expand(4, 6, 3), scalar=torch.tensor(7.5),
        empty=torch.zeros(0, 4), ones=torch.ones(1, 1, 1), last=base.view(-1)[239:],
        every_seventh=base.view(-1)[3::7])
    write(folder, "views", views, views)

    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4),
                              torch.nn.Linear(4, 2))
    state = net.state_dict()
    write(folder, "network", state, state)
    parameters = dict(net.named_parameters())  # torch.nn.Parameter, not plain tensors
    write(folder, "parameters", parameters, parameters)
    write(folder, "nested", {"epoch": 3, "best": 0.5, "model": state, "note": "ä"}, state)
    write(folder, "twice_nested", {"state_dict": {"model": state}}, state)
    many = {f"layer{i}.weight": torch.full((2, 2), float(i)) for i in range(1500)}
    write(folder, "many", many, many)

    torch.save({"weight": torch.zeros(2).to_sparse()}, f"{folder}/sparse.refused")
    torch.save(net, f"{folder}/module.refused")
    torch.save({"weight": torch.zeros(2, dtype=torch.complex64)}, f"{folder}/complex.refused")
    torch.save([torch.zeros(2)], f"{folder}/list.refused")
    torch.save({"lr": 0.1}, f"{folder}/no_tensors.refused")
    torch.jit.script(torch.nn.Linear(2, 2)).save(f"{folder}/script.refused")


main(sys.argv[1])
