// A made-up video as a network might see it: ellipses that walk, touch and cross, seen as connected
// blobs, with noisy opinions about who is who, dropouts and false alarms. The truth is known.
#pragma once

#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>
#include <vector>

#include "infer/names/evidence.h"
#include "infer/names/name_evidence.h"
#include "infer/track/track_record.h"
#include "infer/track/tracklets.h"
#include "train/base/predictor.h"

namespace tests {

struct DiscWorld {
  cv::Size size{240, 180};
  int frames = 300;
  double fps = 25;
  int animals = 2;
  cv::Size axes{16, 9};     // half axes of an animal, pixels
  double accuracy = 0.8;    // share of opinions that are right
  double says = 0.8;        // probability that an opinion gives to its favorite
  int held_frames = 5;      // an opinion stays this long: neighbors are alike
  double dropout = 0;       // share of blobs that are missed
  double false_alarms = 0;  // a frame
  unsigned seed = 1;
  // Center and angle (radians) of an animal; empty: a smooth random walk.
  std::function<cv::Point3d(int animal, int frame)> path;
  // Frames [start, end) in which the first animal is a blur of nearly twice its size: three pieces,
  // in the last frame one.
  int blur_start = 0, blur_end = 0;
  // Frames [start, end) in which a part of the first animal is cut off and called by another name.
  int cut_start = 0, cut_end = 0;
  int wrong_cut = 0;  // > 0: cuts a lump of two itself, this many pixels beside its middle
  double lanes = 0;   // > 0: every animal keeps to a lane of this height, none hides another
  std::vector<int> class_of;  // animal -> class; empty: one class an animal
  cv::Rect shelter;           // what is in it nobody sees

  int classes() const {
    if (class_of.empty()) return animals;
    return *std::max_element(class_of.begin(), class_of.end()) + 1;
  }
  int ClassOf(int animal) const {
    return class_of.empty() ? animal : class_of[static_cast<size_t>(animal)];
  }

  cv::Point3d At(int animal, int frame) const {
    if (path) return path(animal, frame);
    // Sums of slow waves with phases of its own: smooth, crosses the others often.
    std::mt19937 random(seed * 977 + static_cast<unsigned>(animal) * 131);
    std::uniform_real_distribution<double> phase(0, 2 * CV_PI), rate(0.010, 0.032);
    double x = 0, y = 0, dx = 0, dy = 0;
    for (int wave = 0; wave < 3; ++wave) {
      const double rx = rate(random), ry = rate(random), px = phase(random), py = phase(random);
      x += std::sin(rx * frame + px) / 3;
      y += std::sin(ry * frame + py) / 3;
      dx += rx * std::cos(rx * frame + px);
      dy += ry * std::cos(ry * frame + py);
    }
    const double margin = axes.width + 2;
    if (lanes > 0) {
      return {size.width / 2.0 + x * (size.width / 2.0 - margin),
              size.height / 2.0 + (animal - (animals - 1) / 2.0) * lanes, 0.15 * y};
    }
    return {size.width / 2.0 + x * (size.width / 2.0 - margin),
            size.height / 2.0 + y * (size.height / 2.0 - margin), std::atan2(dy, dx)};
  }

  cv::Mat Truth(int animal, int frame) const {
    const cv::Point3d at = At(animal, frame);
    cv::Mat mask(size, CV_8UC1, cv::Scalar(0));
    cv::ellipse(mask,
                cv::RotatedRect(cv::Point2f(static_cast<float>(at.x), static_cast<float>(at.y)),
                                cv::Size2f(2.f * static_cast<float>(axes.width),
                                           2.f * static_cast<float>(axes.height)),
                                static_cast<float>(at.z * 180 / CV_PI)),
                cv::Scalar(255), cv::FILLED);
    if (!shelter.empty()) mask(shelter).setTo(0);
    return mask;
  }

  train::ModelInfo Info() const {
    train::ModelInfo info;
    info.architecture = "disc world";
    for (int k = 0; k < classes(); ++k) info.classes.push_back("animal_" + std::to_string(k + 1));
    info.max_instances.assign(info.classes.size(), 0);
    for (int a = 0; a < animals; ++a) ++info.max_instances[static_cast<size_t>(ClassOf(a))];
    info.median_area = CV_PI * axes.width * axes.height;
    info.class_median_area.assign(info.classes.size(), info.median_area);
    return info;
  }

  std::vector<float> Opinion(int animal, int frame) const {
    std::mt19937 random(seed * 7919 + static_cast<unsigned>(animal) * 104729 +
                        static_cast<unsigned>(frame / held_frames) * 31);
    std::uniform_real_distribution<double> unit(0, 1);
    random.discard(5);
    const int k = classes();
    int favorite = ClassOf(animal);
    if (k > 1 && unit(random) > accuracy) {
      favorite = (favorite + 1 + static_cast<int>(unit(random) * (k - 1))) % k;
    }
    std::vector<float> log_prob(static_cast<size_t>(k));
    for (int c = 0; c < k; ++c) {
      const double p = k == 1 ? 1 : c == favorite ? says : (1 - says) / (k - 1);
      log_prob[static_cast<size_t>(c)] = static_cast<float>(std::log(p));
    }
    return log_prob;
  }

  train::FrameDetections Detect(int frame) const {
    std::mt19937 random(seed * 31337 + static_cast<unsigned>(frame));
    random.discard(3);
    std::uniform_real_distribution<double> unit(0, 1);
    cv::Mat all(size, CV_8UC1, cv::Scalar(0));
    std::vector<cv::Mat> truth;
    for (int a = 0; a < animals; ++a) {
      truth.push_back(Truth(a, frame));
      all |= truth.back();
    }
    train::FrameDetections found;
    const auto add = [&](const cv::Mat& mask, float score, const std::vector<float>& opinion) {
      train::Detection detection;
      detection.region = cv::boundingRect(mask);
      if (detection.region.empty()) return;
      detection.mask = mask(detection.region).clone();
      detection.score = score;
      detection.mask_certainty = 0.9f;
      detection.crop_log_prob = opinion;
      detection.pixel_log_prob = opinion;
      found.detections.push_back(detection);
    };
    cv::Mat parts;
    const int count = cv::connectedComponents(all, parts, 8, CV_32S);
    for (int part = 1; part < count; ++part) {
      if (unit(random) < dropout) continue;
      const cv::Mat mask = parts == part;
      int inside = 0, animal = 0;
      for (int a = 0; a < animals; ++a) {
        if (cv::countNonZero(mask & truth[static_cast<size_t>(a)]) > 0) {
          ++inside;
          animal = a;
        }
      }
      if (animal == 0 && frame >= blur_start && frame < blur_end) {
        const cv::Rect box = cv::boundingRect(mask);
        cv::Mat blur(size, CV_8UC1, cv::Scalar(0));
        cv::ellipse(blur, (box.tl() + box.br()) / 2,
                    cv::Size(axes.width * 4 / 3, axes.height * 4 / 3), 0, 0, 360, 255, cv::FILLED);
        const cv::Rect all_of_it = cv::boundingRect(blur);
        const int pieces = frame + 1 == blur_end ? 1 : 3;
        for (int piece = 0; piece < pieces; ++piece) {
          const int left = all_of_it.x + all_of_it.width * piece / pieces;
          const int right = all_of_it.x + all_of_it.width * (piece + 1) / pieces;
          cv::Mat own(size, CV_8UC1, cv::Scalar(0));
          blur.colRange(left, right).copyTo(own.colRange(left, right));
          add(own, 0.9f, Opinion(frame % animals, frame + piece));
        }
        continue;
      }
      if (animal == 0 && inside == 1 && frame >= cut_start && frame < cut_end) {
        const cv::Rect box = cv::boundingRect(mask);
        const int cut = box.x + box.width * 3 / 5;
        for (const bool body : {true, false}) {
          cv::Mat part_of_it = mask.clone();
          part_of_it({body ? cut : 0, 0, body ? size.width - cut : cut, size.height}).setTo(0);
          add(part_of_it, 0.9f, Opinion(body ? 0 : animals - 1, frame));
        }
        continue;
      }
      if (inside == 2 && wrong_cut > 0) {
        const cv::Rect box = cv::boundingRect(mask);
        const int cut = box.x + box.width / 2 + wrong_cut;
        for (const bool left : {true, false}) {
          cv::Mat half = mask.clone();
          half({left ? cut : 0, 0, left ? size.width - cut : cut, size.height}).setTo(0);
          add(half, 0.9f, Opinion(left ? 0 : 1, frame));
        }
        continue;
      }
      // Nobody can say who a lump of animals is: the opinion is any animal's.
      add(mask, 0.9f, inside == 1 ? Opinion(animal, frame) : Opinion(frame % animals, frame));
    }
    if (unit(random) < false_alarms) {
      cv::Mat mask(size, CV_8UC1, cv::Scalar(0));
      cv::circle(mask,
                 {static_cast<int>(unit(random) * size.width),
                  static_cast<int>(unit(random) * size.height)},
                 4 + static_cast<int>(unit(random) * 4), cv::Scalar(255), cv::FILLED);
      mask.setTo(0, all);
      add(mask, 0.4f, Opinion(0, frame + 5));
    }
    return found;
  }
};

struct NamedBlob {
  int frame = 0, tracklet = 0, class_index = -1, number = -1;
  infer::Blob blob;
};

struct TrackedWorld {
  std::vector<NamedBlob> blobs;  // named ones, in order of frames
  std::vector<infer::Tracklet> tracklets;
  std::vector<infer::NamedTracklet> names;
  size_t dropped = 0;
  infer::NameEvidence evidence;
};

inline TrackedWorld TrackAndName(const DiscWorld& world) {
  const train::ModelInfo info = world.Info();
  infer::TrackerOptions options;
  options.animals = world.animals;
  options.median_area = info.median_area;
  options.fps = world.fps;
  options.frame_size = world.size;
  infer::Tracker tracker(options);
  infer::TrackRecord record(info.classes.size(), world.size);
  std::vector<infer::Blob> blobs;
  const auto keep = [&](const std::vector<infer::TrackedFrame>& settled) {
    for (const auto& frame : settled) {
      record.Add(frame);
      blobs.insert(blobs.end(), frame.blobs.begin(), frame.blobs.end());
    }
  };
  for (int frame = 0; frame < world.frames; ++frame) keep(tracker.Add(frame, world.Detect(frame)));
  keep(tracker.Finish());
  infer::EvidenceOptions evidence;
  evidence.fps = world.fps;
  TrackedWorld tracked;
  tracked.tracklets = tracker.tracklets();
  const infer::DecidedNames decided =
      infer::DecideNames(record, tracker.tracklets(), tracker.links(), info, evidence);
  tracked.names = decided.names;
  tracked.evidence =
      infer::NameEvidenceOf(record, tracker.tracklets(), tracker.links(), decided, info, {}, {});
  tracked.evidence.fps = world.fps;
  for (const infer::Blob& blob : blobs) {
    const infer::NamedTracklet& name = tracked.names[static_cast<size_t>(blob.tracklet)];
    if (name.class_index < 0) {
      ++tracked.dropped;
      continue;
    }
    tracked.blobs.push_back({blob.frame, blob.tracklet, name.class_index, name.number, blob});
  }
  return tracked;
}

struct WorldScore {
  int truth = 0, found = 0, wrong_name = 0, missed = 0, false_alarms = 0, doubled_names = 0;
  double mean_iou = 0;
};

// Each true animal against the blob that overlaps it best (IoU >= 0.5).
inline WorldScore Judge(const DiscWorld& world, const TrackedWorld& tracked) {
  WorldScore score;
  size_t next = 0;
  for (int frame = 0; frame < world.frames; ++frame) {
    std::vector<const NamedBlob*> here;
    for (; next < tracked.blobs.size() && tracked.blobs[next].frame == frame; ++next) {
      here.push_back(&tracked.blobs[next]);
    }
    for (size_t a = 0; a < here.size(); ++a) {
      for (size_t b = 0; b < a; ++b) score.doubled_names += here[a]->number == here[b]->number;
    }
    std::vector<bool> used(here.size(), false);
    for (int animal = 0; animal < world.animals; ++animal) {
      ++score.truth;
      infer::Blob truth;
      infer::SetMask(truth, world.Truth(animal, frame), {{0, 0}, world.size});
      double best = 0.5;
      int match = -1;
      for (size_t b = 0; b < here.size(); ++b) {
        const double iou = infer::Iou(truth, {}, here[b]->blob);
        if (iou > best && !used[b]) {
          best = iou;
          match = static_cast<int>(b);
        }
      }
      if (match < 0) {
        ++score.missed;
        continue;
      }
      used[static_cast<size_t>(match)] = true;
      ++score.found;
      score.mean_iou += best;
      score.wrong_name += here[static_cast<size_t>(match)]->class_index != world.ClassOf(animal);
    }
    for (bool is_used : used) score.false_alarms += !is_used;
  }
  score.mean_iou /= std::max(1, score.found);
  return score;
}

}  // namespace tests
