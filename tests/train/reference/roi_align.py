"""Runs torchvision's RoIAlign on given cases: roi_align.py IN OUT."""
import sys

import torch
from torchvision.ops import MultiScaleRoIAlign, roi_align

import tensors

given = tensors.load(sys.argv[1])
results = {}
features = {str(i): given[f"map{i}"].requires_grad_() for i in range(4)}
boxes = [given["boxes0"], given["boxes1"]]
for side in (7, 14):
    pool = MultiScaleRoIAlign(list(features), side, 2)
    pooled = pool(features, boxes, [(128, 192), (128, 192)])
    results[f"pooled{side}"] = pooled
    gradients = torch.autograd.grad((pooled * given[f"weights{side}"]).sum(), list(features.values()))
    for i, gradient in enumerate(gradients):
        results[f"gradient{side}.{i}"] = gradient
rois = torch.cat([given["mask_index"][:, None].float(), given["mask_boxes"]], dim=1)
results["masks"] = roi_align(given["masks"][:, None], rois, (28, 28), 1.0)[:, 0]
tensors.save(sys.argv[2], results)
