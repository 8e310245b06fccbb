// What can be chosen about a rendered scene.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/base/options.h"

namespace datasets {

struct SceneOptions {
  std::string scene = "two-voles";
  int frames = 0;
  int64_t seed = 1;
  int width = 0;
  int height = 0;
  double preference = 0.5;
  int labels = 0;
  int animals = 0;
  std::string alike = "coats";
  int shelters = 0;
  bool huddles = false;
  bool leaving = false;
  int day = 1;
  bool unnamed = false;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("scene", scene, "which scene to render; --list shows them");
    v.Field("frames", frames, "frames to render; 0 takes the scene's own number", Range{0, 1e7});
    v.Field("seed", seed, "another seed gives other paths, coats and bedding");
    v.Field("width", width, "picture width in pixels, even; 0 takes the scene's own",
            Range{0, 8192});
    v.Field("height", height, "picture height in pixels, even; 0 takes the scene's own",
            Range{0, 8192});
    v.Field("preference", preference,
            "scenes with objects: how likely a visit goes to the right object", Range{0, 1});
    v.Field("labels", labels,
            "frames in labels.json; 0: 100 of 600 frames or more, else every sixth", Range{0, 1e6});
    v.Field("animals", animals, "groups: how many animals; 0 takes the scene's own number",
            Range{0, 60});
    v.Field("alike", alike,
            "groups: coats (each its own), two-coats, marks (one coat, other patches), or size "
            "(nothing but size tells them apart)");
    v.Field("shelters", shelters, "group: huts that hide whoever is inside", Range{0, 4});
    v.Field("huddles", huddles,
            "group: three or four lie together for half a minute and climb over each other");
    v.Field("leaving", leaving, "groups: animals leave the picture and come back");
    v.Field("day", day, "groups: 2 and more are later days of the same animals, in other light",
            Range{1, 1000});
    v.Field("unnamed", unnamed,
            "one category for all animals; in instances.json track_id tells them apart");
  }
};

struct SceneInfo {
  std::string name;
  std::string description;  // one line for a person
  int width = 0, height = 0, frames = 0;
  double fps = 25;
};
const std::vector<SceneInfo>& Scenes();  // the first one is the default

}  // namespace datasets
