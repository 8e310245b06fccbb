#include "datasets/keypoints/skeleton.h"

#include <algorithm>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/base/text.h"

namespace datasets {
namespace {

int RequirePoint(const Skeleton& skeleton, const std::string& name, const char* what) {
  const int place = PlaceOf(skeleton, name);
  if (place >= 0) return place;
  const std::string near = ClosestName(name, PointNames(skeleton));
  throw Error(std::string(what) + " '" + name + "'",
              "the skeleton '" + skeleton.name + "' has no such point",
              near.empty() ? "its points are " + QuotedNames(PointNames(skeleton))
                           : "did you mean '" + near + "'?");
}

bool IsPlace(const Skeleton& skeleton, int place) {
  return place >= 0 && place < static_cast<int>(skeleton.points.size());
}

}  // namespace

KeyPoint AsKeyPoint(const PredictedPoint& point) {
  return {point.name, point.x, point.y, point.visible ? 2 : 1, point.point_id};
}

std::vector<std::string> PointNames(const Skeleton& skeleton) {
  std::vector<std::string> names;
  for (const SkeletonPoint& point : skeleton.points) names.push_back(point.name);
  return names;
}

std::vector<std::string> PointNames(const std::vector<Skeleton>& skeletons) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (const Skeleton& skeleton : skeletons) {
    for (const SkeletonPoint& point : skeleton.points) {
      if (taken.insert(point.name).second) names.push_back(point.name);
    }
  }
  return names;
}

int PlaceOf(const Skeleton& skeleton, const std::string& point) {
  for (size_t i = 0; i < skeleton.points.size(); ++i) {
    if (skeleton.points[i].name == point) return static_cast<int>(i);
  }
  return -1;
}

std::vector<int> MirrorOrder(const Skeleton& skeleton) {
  std::vector<int> order;
  for (size_t i = 0; i < skeleton.points.size(); ++i) {
    const int partner = skeleton.points[i].partner;
    order.push_back(partner < 0 ? static_cast<int>(i) : partner);
  }
  return order;
}

void CheckSkeleton(const Skeleton& skeleton) {
  if (skeleton.name.empty()) throw Error("skeleton", "it has no name", "give it one");
  const std::string thing = "skeleton '" + skeleton.name + "'";
  if (skeleton.points.empty()) throw Error(thing, "it has no points", "name at least one");
  std::set<std::string> names;
  for (size_t i = 0; i < skeleton.points.size(); ++i) {
    const SkeletonPoint& point = skeleton.points[i];
    if (point.name.empty()) throw Error(thing, "a point has no name", "give it one");
    if (!names.insert(point.name).second) {
      throw Error(thing, "two points are called '" + point.name + "'", "rename one of them");
    }
    if (point.partner == -1) continue;
    if (!IsPlace(skeleton, point.partner) || point.partner == static_cast<int>(i) ||
        skeleton.points[static_cast<size_t>(point.partner)].partner != static_cast<int>(i)) {
      throw Error(thing, "the symmetric partner of '" + point.name + "' is not its partner in turn",
                  "name pairs of two points, each point in one pair only");
    }
  }
  std::set<std::pair<int, int>> edges;
  for (const auto& [from, to] : skeleton.edges) {
    if (!IsPlace(skeleton, from) || !IsPlace(skeleton, to) || from == to ||
        !edges.insert(std::minmax(from, to)).second) {
      throw Error(thing, "an edge joins a point to itself, or stands twice",
                  "join two different points, once");
    }
  }
}

Skeleton MakeSkeleton(const std::string& name, const std::vector<std::string>& points,
                      const std::vector<NamePair>& edges, const std::vector<NamePair>& symmetric) {
  Skeleton skeleton;
  skeleton.name = name;
  for (const std::string& point : points) {
    skeleton.points.emplace_back();
    skeleton.points.back().name = point;
  }
  for (const auto& [from, to] : edges) {
    const int first = RequirePoint(skeleton, from, "edge from");
    skeleton.edges.emplace_back(first, RequirePoint(skeleton, to, "edge to"));
  }
  for (const auto& [left, right] : symmetric) {
    const int first = RequirePoint(skeleton, left, "symmetric point");
    const int second = RequirePoint(skeleton, right, "symmetric point");
    for (const auto& [one, other] : {std::pair(first, second), std::pair(second, first)}) {
      int& partner = skeleton.points[static_cast<size_t>(one)].partner;
      if (partner != -1 && partner != other) {
        throw Error("symmetric point '" + skeleton.points[static_cast<size_t>(one)].name + "'",
                    "it stands in two pairs", "name each point in one pair only");
      }
      partner = other;
    }
  }
  CheckSkeleton(skeleton);
  return skeleton;
}

std::vector<NamePair> ParsePairs(const std::string& what, const std::string& text,
                                 const std::vector<std::string>& points) {
  std::vector<NamePair> pairs;
  if (text.find_first_not_of(" \t") == std::string::npos) return pairs;
  const auto known = [&](const std::string& name) {
    return std::find(points.begin(), points.end(), name) != points.end();
  };
  for (const std::string& word : SplitNames(text)) {
    std::vector<NamePair> readings;
    for (size_t dash = word.find('-'); dash != std::string::npos; dash = word.find('-', dash + 1)) {
      readings.emplace_back(SplitNames(word.substr(0, dash))[0],
                            SplitNames(word.substr(dash + 1))[0]);
    }
    if (readings.empty()) {
      throw Error(what + " '" + word + "'", "it is no pair of points", "write it as nose-neck");
    }
    const auto both_known = [&](const NamePair& pair) {
      return known(pair.first) && known(pair.second);
    };
    const auto sound = std::count_if(readings.begin(), readings.end(), both_known);
    if (sound > 1) {
      throw Error(what + " '" + word + "'", "it can be read as more than one pair of points",
                  "rename a point so that it has no dash");
    }
    pairs.push_back(sound == 0 ? readings.front()
                               : *std::find_if(readings.begin(), readings.end(), both_known));
  }
  return pairs;
}

Skeleton WithoutPoint(Skeleton skeleton, int place) {
  if (!IsPlace(skeleton, place)) return skeleton;
  const auto moved = [&](int at) { return at > place ? at - 1 : at; };
  skeleton.points.erase(skeleton.points.begin() + place);
  for (SkeletonPoint& point : skeleton.points) {
    point.partner = point.partner == place ? -1 : moved(point.partner);
  }
  std::vector<std::pair<int, int>> edges;
  for (const auto& [from, to] : skeleton.edges) {
    if (from != place && to != place) edges.emplace_back(moved(from), moved(to));
  }
  skeleton.edges = std::move(edges);
  return skeleton;
}

Skeleton Reordered(const Skeleton& skeleton, const std::vector<int>& order) {
  std::vector<int> place_of(skeleton.points.size(), -1);
  for (size_t i = 0; i < order.size(); ++i) {
    if (IsPlace(skeleton, order[i])) place_of[static_cast<size_t>(order[i])] = static_cast<int>(i);
  }
  if (order.size() != skeleton.points.size() ||
      std::find(place_of.begin(), place_of.end(), -1) != place_of.end()) {
    throw Error("skeleton '" + skeleton.name + "'", "its new order does not hold every point once",
                "name each point once");
  }
  const auto moved = [&](int at) { return at < 0 ? -1 : place_of[static_cast<size_t>(at)]; };
  Skeleton result = skeleton;
  result.points.clear();
  for (const int at : order) {
    result.points.push_back(skeleton.points[static_cast<size_t>(at)]);
    result.points.back().partner = moved(result.points.back().partner);
  }
  for (auto& [from, to] : result.edges) {
    from = moved(from);
    to = moved(to);
  }
  return result;
}

}  // namespace datasets
