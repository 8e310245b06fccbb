"""Runs torchvision's AlexNet, DenseNet and EfficientNets on given weights: classifiers.py IN OUT."""
import sys

import torch
from torchvision.models import alexnet, densenet121, efficientnet_b0, efficientnet_b5
from torchvision.ops import StochasticDepth

import tensors

given = tensors.load(sys.argv[1])
results = {}
torch.set_num_threads(1)
networks = {"alexnet": alexnet, "densenet": densenet121, "b0": efficientnet_b0, "b5": efficientnet_b5}
for name, make in networks.items():
    net = make(num_classes=5)
    net.load_state_dict(tensors.part(given, name + "."), strict=True)
    net.eval()
    with torch.no_grad():
        results[name + ".logits"] = net(given["image"])
    if name == "b5":
        continue
    # One training step's loss and gradients, without the randomness of dropout; in double precision,
    # because norms over a few values amplify rounding.
    for module in net.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, StochasticDepth):
            module.p = 0.0
    net.train().double()
    loss = torch.nn.functional.cross_entropy(net(given["image"].double()), given["labels"])
    loss.backward()
    results[name + ".loss"] = loss.float()
    for parameter in ("first", "last"):
        value = list(net.parameters())[0 if parameter == "first" else -2]
        results[f"{name}.{parameter}_gradient"] = value.grad.float()
tensors.save(sys.argv[2], results)
