#include <algorithm>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/formats/sleap/sleap.h"

namespace datasets {

namespace {

using nlohmann::json;

constexpr char kSleapRemedy[] = "write it again with SLEAP or sleap-io";

json ParseSleapJson(const std::string& text, const std::string& what) {
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) throw Error(what, "it is no JSON", kSleapRemedy);
  return value;
}

std::string TextAt(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : "";
}

int SideOf(const json& value) {
  return value.is_number_integer() && value >= 0 && value <= (1 << 20) ? value.get<int>() : 0;
}

SleapVideo VideoOf(const json& value, const H5File& file, size_t number) {
  SleapVideo video;
  if (!value.is_object()) return video;
  const json backend = value.value("backend", json::object());
  for (const json* part : {&backend, &value}) {
    const auto list = part->find("filenames");
    if (list == part->end() || !list->is_array() || !video.files.empty()) continue;
    for (const json& one : *list) {
      if (one.is_string()) video.files.push_back(one.get<std::string>());
    }
  }
  video.is_pictures = !video.files.empty();
  std::string name = TextAt(value, "filename");
  if (name.empty()) name = TextAt(backend, "filename");
  if (const json list = value.value("filename", json()); list.is_array() && video.files.empty()) {
    for (const json& one : list) {
      if (one.is_string()) video.files.push_back(one.get<std::string>());
    }
    video.is_pictures = !video.files.empty();
  }
  if (const auto shape = backend.find("shape");
      shape != backend.end() && shape->is_array() && shape->size() == 4) {
    video.height = SideOf((*shape)[1]);
    video.width = SideOf((*shape)[2]);
  }
  const std::string dataset = TextAt(backend, "dataset");
  if (name == "." || (!dataset.empty() && file.IsDataset(dataset))) {
    video.embedded =
        file.IsDataset(dataset) ? dataset : "video" + std::to_string(number) + "/video";
    const std::string source =
        video.embedded.substr(0, video.embedded.rfind('/')) + "/source_video";
    const auto text = file.TextAttribute(source, "json");
    const json from = text ? json::parse(*text, nullptr, false) : json();
    for (const json* part : {&from, &value}) {
      if (!part->is_object()) continue;
      const json inner = part->value("source_video", *part);
      const json source_backend = inner.is_object() ? inner.value("backend", inner) : json();
      for (const std::string& one :
           {TextAt(source_backend, "filename"), TextAt(inner, "filename")}) {
        if (!one.empty() && one != ".") video.sources.push_back(one);
      }
    }
    video.files.clear();
    video.is_pictures = false;
    return video;
  }
  if (video.files.empty() && !name.empty()) video.files.push_back(name);
  return video;
}

}  // namespace

SleapFile ReadSleapHead(const H5File& file) {
  SleapFile head;
  std::optional<std::string> text = file.TextAttribute("metadata", "json");
  if (!text && file.IsDataset("metadata/json")) {
    const auto texts = file.Texts("metadata/json");
    if (texts.size() == 1) text = texts[0];
  }
  if (!text || !file.Has("frames") || !file.Has("instances")) {
    throw Error(file.what(),
                "it is no file of SLEAP labels: it has no metadata, frames or instances",
                file.Has("tracks") && file.Has("node_names")
                    ? "it looks like an analysis file: import it with --format sleap-analysis"
                    : "give a .slp file that SLEAP or sleap-io wrote");
  }
  const auto format = file.NumbersAttribute("metadata", "format_id");
  head.format = format.size() == 1 ? format[0] : 1.0;
  const json metadata = ParseSleapJson(*text, file.what() + ", its metadata");
  head.skeletons = SleapSkeletons(metadata, file.what());
  const auto lines = [&](const std::string& place) {
    return file.Has(place) ? file.Texts(place) : std::vector<std::string>();
  };
  for (const std::string& line : lines("videos_json")) {
    const size_t number = head.videos.size();
    head.videos.push_back(VideoOf(
        ParseSleapJson(line, file.what() + ", video " + std::to_string(number)), file, number));
  }
  for (const std::string& line : lines("tracks_json")) {
    const json track =
        ParseSleapJson(line, file.what() + ", track " + std::to_string(head.tracks.size()));
    const json name = track.is_array() && track.size() >= 2 ? track[1] : track;
    head.tracks.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  }
  return head;
}

namespace {

// "type" of a link: 1 joins points of the body, 2 is symmetry. jsonpickle writes the first of each
// kind whole and then its number among those.
class LinkTypes {
 public:
  int Of(const json& type) {
    if (type.is_number_integer()) return type.get<int>();
    if (!type.is_object()) return 1;
    if (const auto id = type.find("py/id"); id != type.end() && id->is_number_integer()) {
      const auto number = id->get<int64_t>();
      return number >= 1 && number <= static_cast<int64_t>(seen_.size())
                 ? seen_[static_cast<size_t>(number) - 1]
                 : static_cast<int>(number);
    }
    const auto reduce = type.find("py/reduce");
    if (reduce == type.end() || !reduce->is_array() || reduce->size() < 2) return 1;
    const json tuple = (*reduce)[1].is_object() ? (*reduce)[1].value("py/tuple", json()) : json();
    const bool fits = tuple.is_array() && tuple.size() == 1 && tuple[0].is_number_integer();
    seen_.push_back(fits ? tuple[0].get<int>() : 1);
    return seen_.back();
  }

 private:
  std::vector<int> seen_;
};

// A node as a number of the list of names, or as itself.
std::string NodeName(const json& node, const std::vector<std::string>& names,
                     const std::string& what) {
  if (node.is_number_integer()) {
    const auto number = node.get<int64_t>();
    if (number >= 0 && number < static_cast<int64_t>(names.size())) {
      return names[static_cast<size_t>(number)];
    }
  }
  if (node.is_string()) return node.get<std::string>();
  if (node.is_object()) {
    if (!TextAt(node, "name").empty()) return TextAt(node, "name");
    const json state = node.value("py/state", json::object());
    const json tuple = state.is_object() ? state.value("py/tuple", json()) : json();
    if (tuple.is_array() && !tuple.empty() && tuple[0].is_string()) return tuple[0];
  }
  throw Error(what, "a skeleton names a node that is not in its list", kSleapRemedy);
}

Skeleton SkeletonOf(const json& written, const std::vector<std::string>& names,
                    const std::string& what) {
  const json graph =
      written.is_object() && written.contains("nx_graph") ? written["nx_graph"] : written;
  if (!graph.is_object() || !graph.value("nodes", json()).is_array()) {
    throw Error(what, "a skeleton has no list of nodes", kSleapRemedy);
  }
  Skeleton skeleton;
  skeleton.name = TextAt(graph.value("graph", json::object()), "name");
  if (skeleton.name.empty()) skeleton.name = "animal";
  for (const json& node : graph["nodes"]) {
    SkeletonPoint point;
    point.name = NodeName(node.is_object() && node.contains("id") ? node["id"] : node, names, what);
    skeleton.points.push_back(point);
  }
  LinkTypes types;
  std::set<std::pair<int, int>> joined;
  for (const json& link : graph.value("links", json::array())) {
    if (!link.is_object()) continue;
    const int from = PlaceOf(skeleton, NodeName(link.value("source", json()), names, what));
    const int to = PlaceOf(skeleton, NodeName(link.value("target", json()), names, what));
    const int type = types.Of(link.value("type", json(1)));
    if (from < 0 || to < 0 || from == to) continue;
    if (type == 2) {
      auto& points = skeleton.points;
      const auto one = static_cast<size_t>(from), other = static_cast<size_t>(to);
      if (points[one].partner >= 0 || points[other].partner >= 0) continue;
      points[one].partner = to;
      points[other].partner = from;
    } else if (joined.insert(std::minmax(from, to)).second) {
      skeleton.edges.emplace_back(from, to);
    }
  }
  return skeleton;
}

}  // namespace

std::vector<Skeleton> SleapSkeletons(const json& metadata, const std::string& what) {
  std::vector<std::string> names;
  if (!metadata.is_object()) throw Error(what, "its metadata is no object", kSleapRemedy);
  for (const json& node : metadata.value("nodes", json::array())) {
    names.push_back(node.is_string() ? node.get<std::string>() : TextAt(node, "name"));
  }
  std::vector<Skeleton> skeletons;
  for (const json& one : metadata.value("skeletons", json::array())) {
    skeletons.push_back(SkeletonOf(one, names, what));
  }
  return skeletons;
}

json SleapMetadata(const Skeleton& skeleton) {
  json nodes = json::array(), ids = json::array(), links = json::array();
  for (const SkeletonPoint& point : skeleton.points) {
    ids.push_back({{"id", nodes.size()}});
    nodes.push_back({{"name", point.name}, {"weight", 1.0}});
  }
  std::map<int, int> seen;  // kind of link -> its number for jsonpickle
  const auto add = [&](int from, int to, int kind) {
    json type = {{"py/id", 0}};
    const auto [number, is_new] = seen.emplace(kind, static_cast<int>(seen.size()) + 1);
    if (is_new) {
      type = {{"py/reduce", json::array({json{{"py/type", "sleap.skeleton.EdgeType"}},
                                         json{{"py/tuple", json::array({kind})}}})}};
    } else {
      type["py/id"] = number->second;
    }
    links.push_back({{"edge_insert_idx", links.size()},
                     {"key", 0},
                     {"source", from},
                     {"target", to},
                     {"type", type}});
  };
  // Both kinds in their order, so that readers that take py/id for the kind are right too.
  for (const auto& [from, to] : skeleton.edges) add(from, to, 1);
  const size_t edges = links.size();
  for (size_t k = 0; k < skeleton.points.size(); ++k) {
    const int partner = skeleton.points[k].partner;
    if (partner > static_cast<int>(k)) add(static_cast<int>(k), partner, 2);
  }
  return {{"version", "2.0.0"},
          {"skeletons",
           json::array({{{"directed", true},
                         {"graph", {{"name", skeleton.name}, {"num_edges_inserted", edges}}},
                         {"links", links},
                         {"multigraph", true},
                         {"nodes", ids}}})},
          {"nodes", nodes},
          {"videos", json::array()},
          {"tracks", json::array()},
          {"suggestions", json::array()},
          {"negative_anchors", json::object()},
          {"provenance", {{"written_by", "Vole"}}}};
}

}  // namespace datasets
