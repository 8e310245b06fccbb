"""Runs torchvision's box operations on given cases: boxes.py IN OUT."""
import sys

import torch
from torchvision.models.detection import _utils as det
from torchvision.ops import boxes as ops

import tensors

given = tensors.load(sys.argv[1])
results = {}
for case in sorted({name.split(".")[0] for name in given}):
    part = tensors.part(given, case + ".")
    boxes, scores, groups, other = part["boxes"], part["scores"], part["groups"], part["other"]
    results[case + ".iou"] = ops.box_iou(boxes[:50], other)
    results[case + ".clip"] = ops.clip_boxes_to_image(boxes, (60, 70))
    results[case + ".nms"] = ops.nms(boxes, scores, 0.5)
    results[case + ".batched"] = ops.batched_nms(boxes, scores, groups, 0.7)
    coder = det.BoxCoder((10.0, 10.0, 5.0, 5.0))
    results[case + ".encode"] = coder.encode_single(other, boxes[: len(other)])
    results[case + ".decode"] = coder.decode_single(part["deltas"], boxes).reshape(len(boxes), -1, 4)
    for keep in (False, True):
        matcher = det.Matcher(0.5, 0.3, allow_low_quality_matches=keep)
        results[case + f".match{int(keep)}"] = matcher(ops.box_iou(other, boxes))
tensors.save(sys.argv[2], results)
