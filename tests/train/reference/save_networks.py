"""Writes torchvision networks with torch.save in both layouts, and as safetensors for comparison.

usage: save_networks.py FOLDER
"""
import sys

import torch
from torchvision.models import densenet121, resnet18

import tensors

folder = sys.argv[1]
torch.manual_seed(2)
for make in (resnet18, densenet121):
    state = make(num_classes=10).state_dict()
    name = f"{folder}/{make.__name__}"
    torch.save(state, name + ".zip.pth")
    torch.save({"model": state, "epoch": 12}, name + ".legacy.pth",
               _use_new_zipfile_serialization=False)
    tensors.save(name + ".safetensors", state)
