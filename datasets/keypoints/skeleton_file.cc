#include "datasets/keypoints/skeleton_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "datasets/base/encoding.h"
#include "datasets/base/error.h"
#include "datasets/keypoints/sides.h"

namespace datasets {
namespace {

using nlohmann::json;

std::string ThingOf(const std::filesystem::path& file) {
  return "skeleton file '" + file.filename().string() + "'";
}

[[noreturn]] void FailYaml(const std::filesystem::path& file, const std::string& cause) {
  throw Error("DeepLabCut project '" + file.string() + "'",
              "its " + file.filename().string() + " cannot be read: " + cause, "correct the file");
}

template <class Read>
auto FromYaml(const std::filesystem::path& file, const std::string& text, const Read& read) {
  try {
    return read(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    FailYaml(file, error.what());
  }
}

void AddParts(const YAML::Node& list, std::vector<std::string>* parts) {
  if (!list || !list.IsSequence()) return;  // "MULTI!" stands there in a project of several animals
  for (const YAML::Node& part : list) {
    const auto name = part.as<std::string>();
    if (std::find(parts->begin(), parts->end(), name) == parts->end()) parts->push_back(name);
  }
}

std::vector<NamePair> EdgesOf(const YAML::Node& tree, const std::vector<std::string>& parts) {
  const auto known = [&](const std::string& part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  std::vector<NamePair> edges;
  if (!tree.IsMap()) return edges;
  for (const YAML::Node& edge : tree["skeleton"]) {
    if (!edge.IsSequence() || edge.size() != 2) continue;
    const auto from = edge[0].as<std::string>(), to = edge[1].as<std::string>();
    const bool there = std::any_of(edges.begin(), edges.end(), [&](const NamePair& one) {
      return (one.first == from && one.second == to) || (one.first == to && one.second == from);
    });
    if (known(from) && known(to) && from != to && !there) edges.emplace_back(from, to);
  }
  return edges;
}

Skeleton FromDeepLabCut(const std::filesystem::path& file, const std::string& text) {
  return FromYaml(file, text, [&](const YAML::Node& tree) {
    std::vector<std::string> parts;
    if (tree.IsMap()) {
      AddParts(tree["bodyparts"], &parts);
      AddParts(tree["multianimalbodyparts"], &parts);
    }
    if (parts.empty()) {
      throw Error(ThingOf(file), "it lists no body parts (bodyparts)",
                  "give DeepLabCut's config.yaml or a COCO file with key points");
    }
    return MakeSkeleton("animal", parts, EdgesOf(tree, parts), PartnersByName(parts));
  });
}

// Points are numbered from 1.
NamePair EdgeOf(const json& edge, const std::vector<std::string>& points,
                const std::string& thing) {
  const auto name = [&](size_t i) {
    const bool good = edge.is_array() && edge.size() == 2 && edge[i].is_number_integer() &&
                      edge[i] >= 1 && edge[i] <= points.size();
    if (!good) {
      throw Error(thing,
                  "its skeleton joins " + edge.dump().substr(0, 40) + ", and it has points 1 to " +
                      std::to_string(points.size()),
                  "correct the file");
    }
    return points[edge[i].get<size_t>() - 1];
  };
  const std::string from = name(0);
  return {from, name(1)};
}

std::vector<Skeleton> FromCoco(const std::filesystem::path& file, const std::string& text) {
  const json tree = json::parse(text, nullptr, false);
  if (tree.is_discarded()) throw Error(ThingOf(file), "it is no whole JSON", "give another file");
  std::vector<Skeleton> skeletons;
  const auto categories = tree.find("categories");
  for (const json& category : categories != tree.end() ? *categories : json::array()) {
    if (!category.is_object() || !category.contains("keypoints")) continue;
    const json& listed = category["keypoints"];
    if (!listed.is_array() || listed.empty()) continue;
    const auto called = category.find("name");
    const std::string name =
        called != category.end() && called->is_string() ? called->get<std::string>() : "animal";
    const std::string thing = ThingOf(file) + ", category '" + name + "'";
    std::vector<std::string> points;
    for (const json& point : listed) {
      if (!point.is_string()) throw Error(thing, "a key point has no name", "correct the file");
      points.push_back(point);
    }
    std::vector<NamePair> edges;
    const auto lines = category.find("skeleton");
    for (const json& edge : lines != category.end() ? *lines : json::array()) {
      edges.push_back(EdgeOf(edge, points, thing));
    }
    skeletons.push_back(MakeSkeleton(name, points, edges, PartnersByName(points)));
  }
  if (skeletons.empty()) {
    throw Error(ThingOf(file), "none of its categories has key points",
                "give DeepLabCut's config.yaml or a COCO file with key points");
  }
  return skeletons;
}

}  // namespace

std::vector<Skeleton> ReadSkeletonFile(const std::filesystem::path& file) {
  const std::string text = ReadTextFile(file, ThingOf(file));
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '{') return FromCoco(file, text);
  return {FromDeepLabCut(file, text)};
}

std::vector<NamePair> DeepLabCutEdges(const std::filesystem::path& config,
                                      const std::vector<std::string>& parts) {
  return FromYaml(config, ReadTextFile(config, "DeepLabCut project"),
                  [&](const YAML::Node& tree) { return EdgesOf(tree, parts); });
}

}  // namespace datasets
