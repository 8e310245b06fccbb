"""Loads safetensors files into torchvision's modules of the same name, strictly.

usage: load_strictly.py FOLDER    (FOLDER holds resnet50.safetensors, ... with five classes)
"""
import pathlib
import sys

import torch
from torchvision import models

import tensors

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.safetensors")):
    net = getattr(models, path.stem)(num_classes=5)
    net.load_state_dict(tensors.load(path), strict=True)
    net.eval()
    with torch.no_grad():
        scores = net(torch.zeros(1, 3, 64, 64))
    assert scores.shape == (1, 5) and bool(torch.isfinite(scores).all()), path
