"""torchvision's Mask R-CNN, timed for tests/bench.sh nets: mask_rcnn.py WEIGHTS SIDE MODE REPEATS"""
import json
import os
import sys
import time

import torch
from torchvision.models import resnet
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.ops import FrozenBatchNorm2d

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "train", "reference"))
import tensors  # noqa: E402

weights, side, mode, repeats = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
torch.set_num_threads(2)
torch.set_flush_denormal(True)
# Frozen norms, as with pretrained weights.
body = resnet.resnet50(norm_layer=FrozenBatchNorm2d)
net = MaskRCNN(_resnet_fpn_extractor(body, 3), 91, min_size=side)
net.load_state_dict(tensors.load(weights), strict=True)

height, width = side, side * 4 // 3
y = torch.arange(height, dtype=torch.float32).view(1, -1, 1)
x = torch.arange(width, dtype=torch.float32).view(1, 1, -1)
c = torch.arange(3, dtype=torch.float32).view(-1, 1, 1)
image = ((x * 0.11 + c).sin() * (y * 0.07 - c).cos() * 0.5 + 0.5).contiguous()
boxes = torch.tensor([[0.1, 0.1, 0.4, 0.3], [0.5, 0.4, 0.9, 0.8]]) * side
masks = torch.zeros(2, height, width, dtype=torch.uint8)
for i in range(2):
    x1, y1, x2, y2 = boxes[i].long().tolist()
    masks[i, y1:y2, x1:x2] = 1
target = {"boxes": boxes, "labels": torch.tensor([1, 2]), "masks": masks}

seconds, processor_seconds, found = [], [], {}
if mode == "train":
    net.train()
    sgd = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=1e-6, momentum=0.9)
    for i in range(repeats + 1):
        torch.manual_seed(1)
        start, processor_start = time.perf_counter(), time.process_time()
        sgd.zero_grad(set_to_none=True)
        loss = sum(net([image], [target]).values())
        loss.backward()
        sgd.step()
        found = {"loss": loss.item()}
        if i > 0:
            seconds.append(time.perf_counter() - start)
            processor_seconds.append(time.process_time() - processor_start)
else:
    net.eval()
    with torch.inference_mode():
        for i in range(repeats + 1):
            start, processor_start = time.perf_counter(), time.process_time()
            result = net([image])[0]
            found = {
                "detections": len(result["boxes"]),
                "scores": result["scores"].sum().item(),
                "pixels": (result["masks"] > 0.5).sum().item(),
            }
            if i > 0:
                seconds.append(time.perf_counter() - start)
                processor_seconds.append(time.process_time() - processor_start)
print(json.dumps({"seconds": seconds, "processor_seconds": processor_seconds, "found": found}))
