"""Runs torchvision's ResNets on given weights: resnet.py IN OUT."""
import sys

import torch
from torchvision.models import resnet
from torchvision.ops import FrozenBatchNorm2d

import tensors

given = tensors.load(sys.argv[1])
results = {}
torch.set_num_threads(1)
with torch.no_grad():
    for depth in (18, 34, 50, 101):
        prefix = f"{depth}."
        if not tensors.part(given, prefix):
            continue
        frozen = bool(given[prefix + "frozen"].item())
        extra = {"norm_layer": FrozenBatchNorm2d} if frozen else {}
        net = getattr(resnet, f"resnet{depth}")(num_classes=5, **extra)
        net.load_state_dict(tensors.part(given, prefix + "net."), strict=True)
        net.eval()
        x = net.maxpool(net.relu(net.bn1(net.conv1(given["image"]))))
        for index, layer in enumerate((net.layer1, net.layer2, net.layer3, net.layer4)):
            x = layer(x)
            results[f"{depth}.c{index + 2}"] = x
        results[f"{depth}.logits"] = net(given["image"])
tensors.save(sys.argv[2], results)
