"""Runs torchvision's Mask R-CNN on given weights: mask_rcnn.py IN OUT.

With all candidates sampled, nothing is left to chance, so the training losses can be compared."""
import sys

import torch
from torchvision.models import resnet
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
from torchvision.ops import FrozenBatchNorm2d

import tensors

torch.set_num_threads(2)
given = tensors.load(sys.argv[1])
results = {}


def number(name):
    return given[name].item()


def build(prefix):
    depth, classes = int(number(prefix + "depth")), int(number(prefix + "classes"))
    options = dict(
        min_size=int(number(prefix + "short_side")),
        max_size=int(number(prefix + "most_long_side")),
        rpn_pre_nms_top_n_train=200,
        rpn_post_nms_top_n_train=100,
        rpn_pre_nms_top_n_test=100,
        rpn_post_nms_top_n_test=100,
        rpn_batch_size_per_image=1000000,
        box_batch_size_per_image=1000000,
        box_detections_per_img=20,
    )
    norm = FrozenBatchNorm2d if number(prefix + "frozen") else torch.nn.BatchNorm2d
    body = getattr(resnet, f"resnet{depth}")(norm_layer=norm)
    net = MaskRCNN(_resnet_fpn_extractor(body, 5), classes, **options)
    net.load_state_dict(tensors.part(given, prefix + "net."), strict=True)
    return net


cases = sorted({name.split(".")[0] for name in given})
for case in cases:
    prefix = case + "."
    net = build(prefix)
    images = [given[prefix + f"image{i}"] for i in range(2)]
    net.eval()
    with torch.no_grad():
        for i, found in enumerate(net(images)):
            for key in ("boxes", "scores", "labels", "masks"):
                results[prefix + f"{key}{i}"] = found[key]
    if number(prefix + "train"):
        net.train()
        targets = [
            {key: given[prefix + f"{key}_of{i}"] for key in ("boxes", "labels", "masks")}
            for i in range(2)
        ]
        losses = net(images, targets)
        for name, value in losses.items():
            results[prefix + name] = value.reshape(1)
        sum(losses.values()).backward()
        for name in ("backbone.body.layer4.1.conv2.weight", "backbone.fpn.layer_blocks.0.0.weight",
                     "rpn.head.conv.0.0.weight", "roi_heads.box_head.fc7.weight",
                     "roi_heads.mask_head.0.0.weight", "roi_heads.mask_predictor.conv5_mask.weight",
                     "roi_heads.mask_predictor.mask_fcn_logits.weight"):
            results[prefix + "gradient." + name] = net.get_parameter(name).grad
tensors.save(sys.argv[2], results)
