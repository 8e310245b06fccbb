#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "annotate/edits_points.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/base/suggest.h"
#include "datasets/base/text.h"
#include "datasets/keypoints/skeleton_file.h"
#include "datasets/store/points.h"

namespace app {
namespace skeleton_verb {
namespace {

using datasets::Error;
using datasets::NamePair;
using datasets::Skeleton;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string project, action, name, file, to;
  std::optional<std::string> points, edges, symmetric;
  std::string rename;
  bool yes = false;
};

std::string PairText(const Skeleton& skeleton, int from, int to) {
  return skeleton.points[static_cast<size_t>(from)].name + "-" +
         skeleton.points[static_cast<size_t>(to)].name;
}

Json SkeletonJson(const datasets::Project& project, const Skeleton& skeleton) {
  Json points = Json::array(), edges = Json::array();
  int64_t labels = 0;
  project.Read([&](datasets::Connection& connection) {
    for (const datasets::SkeletonPoint& point : skeleton.points) {
      const int partner = point.partner;
      points.push_back(
          {{"name", point.name},
           {"symmetric",
            partner < 0 ? Json(nullptr) : Json(skeleton.points[static_cast<size_t>(partner)].name)},
           {"labels", datasets::LabelPointsOf(connection, point.id).size()}});
    }
    labels = datasets::CountLabelsOfSkeleton(connection, skeleton.id);
  });
  for (const auto& [from, to] : skeleton.edges) {
    edges.push_back({skeleton.points[static_cast<size_t>(from)].name,
                     skeleton.points[static_cast<size_t>(to)].name});
  }
  return {{"name", skeleton.name}, {"points", points}, {"edges", edges}, {"labels", labels}};
}

int List(const Arguments& arguments, const datasets::Project& project, Console& console) {
  const std::vector<Skeleton> skeletons = project.Skeletons();
  Json list = Json::array();
  for (const Skeleton& skeleton : skeletons) {
    const Json json = SkeletonJson(project, skeleton);
    list.push_back(json);
    console.Print(fmt::format("{}: {} points, on {} labels", skeleton.name, skeleton.points.size(),
                              CountText(json["labels"])));
    std::vector<std::vector<std::string>> table = {{"point", "symmetric", "labels"}};
    for (const Json& point : json["points"]) {
      table.push_back({point["name"], point["symmetric"].is_null() ? "" : point["symmetric"],
                       CountText(point["labels"])});
    }
    console.Print(TableText(table));
    std::vector<std::string> edges;
    for (const auto& [from, to] : skeleton.edges) edges.push_back(PairText(skeleton, from, to));
    console.Print("edges: " + (edges.empty() ? "none" : Join(edges)));
  }
  if (list.empty()) {
    console.Print("No skeleton yet. Next: vole skeleton " + arguments.project +
                  " add mouse --points nose,left_ear,right_ear,tail");
  }
  console.PrintJson({{"skeletons", list}});
  return 0;
}

std::vector<std::string> PointsIn(const std::string& text) {
  const std::vector<std::string> points = datasets::SplitNames(text);
  if (points == std::vector<std::string>{""}) {
    throw UsageError("--points names none; give them as in: --points nose,neck,tail");
  }
  return points;
}

void Apply(datasets::Project& project, const annotate::Edit& edit) {
  const char* user = std::getenv("USER");
  annotate::History(project, user ? user : "").Apply(edit);
}

// Those of --file: all, or the one that NAME asks for (the only one of a file gets that name).
std::vector<Skeleton> FromFile(const Arguments& arguments) {
  std::vector<Skeleton> read = datasets::ReadSkeletonFile(arguments.file);
  if (arguments.name.empty()) return read;
  for (const Skeleton& skeleton : read) {
    if (skeleton.name == arguments.name) return {skeleton};
  }
  if (read.size() > 1) {
    std::vector<std::string> names;
    for (const Skeleton& skeleton : read) names.push_back(skeleton.name);
    throw Error("skeleton '" + arguments.name + "'",
                "the file has " + datasets::QuotedNames(names) + ", not that one",
                "give one of these names, or none for all");
  }
  read[0].name = arguments.name;
  return read;
}

int Add(const Arguments& arguments, Console& console) {
  std::vector<Skeleton> added;
  if (!arguments.file.empty()) {
    if (arguments.points || arguments.edges || arguments.symmetric) {
      throw UsageError("give either --file or --points, --edges and --symmetric");
    }
    added = FromFile(arguments);
  } else {
    if (arguments.name.empty()) throw UsageError("the skeleton's name is missing");
    if (!arguments.points) throw UsageError("which points? Give --points nose,neck,... or --file");
    const std::vector<std::string> points = PointsIn(*arguments.points);
    const std::string edges = arguments.edges.value_or(""),
                      pairs = arguments.symmetric.value_or("");
    added.push_back(datasets::MakeSkeleton(arguments.name, points,
                                           datasets::ParsePairs("edge", edges, points),
                                           datasets::ParsePairs("symmetric pair", pairs, points)));
  }
  const auto project = OpenProject(arguments.project);
  annotate::Edit edit;
  edit.label = added.size() == 1 ? "Add skeleton" : "Add skeletons";
  edit.change = [&](annotate::Recorder& recorder) {  // all or none
    for (const Skeleton& one : added) annotate::AddSkeleton(one).change(recorder);
  };
  Apply(*project, edit);
  Json list = Json::array();
  for (const Skeleton& skeleton : project->Skeletons()) {
    for (const Skeleton& one : added) {
      if (one.name != skeleton.name) continue;
      list.push_back(SkeletonJson(*project, skeleton));
      std::vector<std::string> pairs;
      for (size_t i = 0; i < skeleton.points.size(); ++i) {
        const int partner = skeleton.points[i].partner;
        if (partner > static_cast<int>(i)) {
          pairs.push_back(PairText(skeleton, static_cast<int>(i), partner));
        }
      }
      console.Print(fmt::format("Added {}: {}{}", one.name, Join(datasets::PointNames(skeleton)),
                                pairs.empty() ? "" : "; symmetric: " + Join(pairs)));
    }
  }
  console.PrintJson({{"added", list}});
  return 0;
}

Skeleton Named(const datasets::Project& project, const std::string& name) {
  std::vector<std::string> names;
  for (Skeleton& skeleton : project.Skeletons()) {
    if (skeleton.name == name) return std::move(skeleton);
    names.push_back(skeleton.name);
  }
  throw Error("skeleton '" + name + "'", "the project has no such skeleton (it has: " +
                                             (names.empty() ? "none" : Join(names)) + ")" +
                                             DidYouMean(name, names));
}

// What a change does to labels that exist, and how many: the more there are, the worse a slip.
class Costs {
 public:
  explicit Costs(const datasets::Project& project) : project_(project) {}
  void Add(const std::string& what, const datasets::SkeletonPoint& point) {
    size_t labels = 0;
    project_.Read([&](datasets::Connection& connection) {
      labels = datasets::LabelPointsOf(connection, point.id).size();
    });
    if (labels > 0)
      costs_.push_back(
          fmt::format("{} on {} labels", what, CountText(static_cast<int64_t>(labels))));
  }
  void Check(const Arguments& arguments) const {
    if (arguments.yes || costs_.empty()) return;
    throw Error("skeleton '" + arguments.name + "'", "it is in use: this would " + Join(costs_),
                "say --yes if that is meant; Ctrl+Z in the workbench takes it back");
  }

 private:
  const datasets::Project& project_;
  std::vector<std::string> costs_;
};

std::vector<NamePair> PairsOf(const Skeleton& skeleton, bool edges) {
  std::vector<NamePair> pairs;
  const auto name = [&](int place) { return skeleton.points[static_cast<size_t>(place)].name; };
  for (const auto& [from, to] : skeleton.edges) {
    if (edges) pairs.emplace_back(name(from), name(to));
  }
  for (size_t i = 0; !edges && i < skeleton.points.size(); ++i) {
    const int partner = skeleton.points[i].partner;
    if (partner > static_cast<int>(i)) pairs.emplace_back(name(static_cast<int>(i)), name(partner));
  }
  return pairs;
}

// --rename OLD=NEW,...
void RenamePoints(const Arguments& arguments, Skeleton* skeleton, Costs* costs) {
  std::vector<std::string> old_names = datasets::PointNames(*skeleton);
  for (const std::string& word : datasets::SplitNames(arguments.rename)) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos || equals + 1 == word.size()) {
      throw UsageError("--rename takes OLD=NEW,..., not '" + word + "'");
    }
    const std::string old_name = datasets::SplitNames(word.substr(0, equals))[0];
    const std::string name = datasets::SplitNames(word.substr(equals + 1))[0];
    const auto at = std::find(old_names.begin(), old_names.end(), old_name);
    if (at == old_names.end()) {
      throw Error("point '" + old_name + "'", "the skeleton '" + skeleton->name + "' has " +
                                                  datasets::QuotedNames(old_names) +
                                                  DidYouMean(old_name, old_names));
    }
    datasets::SkeletonPoint& point = skeleton->points[static_cast<size_t>(at - old_names.begin())];
    if (point.name == name) continue;
    costs->Add("rename '" + old_name + "' to '" + name + "'", point);
    point.name = name;
  }
}

// --points: the whole new list, in its order. Known ones stay what they are.
Skeleton WithPoints(const Skeleton& before, const std::vector<std::string>& points, Costs* costs) {
  Skeleton after = before;
  after.points.clear();
  after.edges.clear();
  for (const std::string& name : points) {
    const int place = datasets::PlaceOf(before, name);
    after.points.emplace_back();
    if (place >= 0) after.points.back() = before.points[static_cast<size_t>(place)];
    after.points.back().name = name;
    after.points.back().partner = -1;
  }
  for (const datasets::SkeletonPoint& point : before.points) {
    if (datasets::PlaceOf(after, point.name) < 0) costs->Add("remove '" + point.name + "'", point);
  }
  return after;
}

int Change(const Arguments& arguments, Console& console) {
  if (arguments.rename.empty() && arguments.to.empty() && !arguments.points && !arguments.edges &&
      !arguments.symmetric) {
    throw UsageError("what changes? Give --points, --rename, --edges, --symmetric or --to");
  }
  const auto project = OpenProject(arguments.project);
  Skeleton before = Named(*project, arguments.name);
  Costs costs(*project);
  if (!arguments.rename.empty()) RenamePoints(arguments, &before, &costs);
  const std::vector<std::string> points =
      arguments.points ? PointsIn(*arguments.points) : datasets::PointNames(before);
  Skeleton after = WithPoints(before, points, &costs);
  // Lines and pairs that are not given anew stay, as far as their points do.
  const auto pairs = [&](const std::optional<std::string>& given, const char* what, bool edges) {
    if (given) return datasets::ParsePairs(what, *given, points);
    std::vector<NamePair> kept;
    for (const NamePair& pair : PairsOf(before, edges)) {
      if (datasets::PlaceOf(after, pair.first) >= 0 && datasets::PlaceOf(after, pair.second) >= 0) {
        kept.push_back(pair);
      }
    }
    return kept;
  };
  const Skeleton joined = datasets::MakeSkeleton(
      arguments.to.empty() ? before.name : arguments.to, points,
      pairs(arguments.edges, "edge", true), pairs(arguments.symmetric, "symmetric pair", false));
  after.name = joined.name;
  after.edges = joined.edges;
  for (size_t i = 0; i < points.size(); ++i) after.points[i].partner = joined.points[i].partner;
  costs.Check(arguments);
  Apply(*project, annotate::ChangeSkeleton(after));
  const Json json = SkeletonJson(*project, Named(*project, after.name));
  console.Print(fmt::format("{}: {}", after.name, Join(points)));
  console.PrintJson({{"changed", json}});
  return 0;
}

int Remove(const Arguments& arguments, Console& console) {
  const auto project = OpenProject(arguments.project);
  const Skeleton skeleton = Named(*project, arguments.name);
  const int64_t labels = SkeletonJson(*project, skeleton)["labels"];
  if (labels > 0 && !arguments.yes) {
    throw Error("skeleton '" + arguments.name + "'",
                "it is in use: its points would go from " + CountText(labels) + " labels",
                "say --yes if that is meant; Ctrl+Z in the workbench takes it back");
  }
  Apply(*project, annotate::DeleteSkeleton(skeleton.id));
  console.Print(
      fmt::format("Removed {}, with its points on {} labels.", skeleton.name, CountText(labels)));
  console.PrintJson({{"removed", skeleton.name}, {"labels", labels}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  if (arguments.action.empty() && arguments.file.empty()) {
    if (arguments.points || arguments.edges || arguments.symmetric || !arguments.rename.empty()) {
      throw UsageError("of which skeleton? As in: vole skeleton " + arguments.project +
                       " add mouse --points ...");
    }
    return List(arguments, *OpenProjectReadOnly(arguments.project), console);
  }
  if (arguments.action.empty()) return Add(arguments, console);
  CheckChoice("skeleton", arguments.action, {"add", "change", "remove"});
  const bool changes = arguments.action == "change";
  if (!changes && (!arguments.rename.empty() || !arguments.to.empty())) {
    throw UsageError("--rename and --to are for change");
  }
  if (arguments.action == "add") return Add(arguments, console);
  if (!arguments.file.empty()) throw UsageError("--file is for add");
  if (arguments.name.empty()) throw UsageError("which skeleton? Give its name");
  return changes ? Change(arguments, console) : Remove(arguments, console);
}

}  // namespace
}  // namespace skeleton_verb

Verb SkeletonVerb() {
  using namespace skeleton_verb;
  return {
      "skeleton",
      "Labels",
      "which key points animals have: list, add, change, remove",
      "Without more, lists the project's skeletons: the key points that an animal has, the lines "
      "between them, and which are each other's mirror image (left and right). `add` makes one, "
      "from names or from a file: DeepLabCut's config.yaml, or a COCO file with key points. "
      "`change` gives a new list of points (in the order in which people set them), renames them, "
      "or says its edges or pairs anew; `remove` takes a skeleton away. What touches labels that "
      "exist says how many and wants --yes. Labels follow a new name or order; Ctrl+Z in the "
      "workbench takes a change back, but not predictions of points that went.",
      "  vole skeleton mice.vole\n"
      "  vole skeleton mice.vole add mouse --points nose,left_ear,right_ear,tail\n"
      "      --edges nose-left_ear,nose-right_ear --symmetric left_ear-right_ear\n"
      "  vole skeleton mice.vole add mouse --file dlc-project/config.yaml\n"
      "  vole skeleton mice.vole change mouse --rename nose=snout --yes\n"
      "  vole skeleton mice.vole change mouse --points nose,left_ear,right_ear,tail,tail_tip\n"
      "  vole skeleton mice.vole remove mouse",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command.add_option("action", arguments->action, "add, change or remove; else: list")
            ->type_name("ACTION");
        command.add_option("name", arguments->name, "the skeleton's name")->type_name("NAME");
        command
            .add_option("--points", arguments->points,
                        "its points, in the order in which people set them")
            ->type_name("A,B,...");
        command.add_option("--edges", arguments->edges, "lines between points")
            ->type_name("A-B,...");
        command
            .add_option("--symmetric", arguments->symmetric,
                        "points that a mirror image takes for each other")
            ->type_name("A-B,...");
        command
            .add_option("--file", arguments->file,
                        "for add: a config.yaml of DeepLabCut or a COCO file; pairs by left and "
                        "right in the names")
            ->type_name("FILE");
        command.add_option("--rename", arguments->rename, "for change: points with new names")
            ->type_name("OLD=NEW,...");
        command.add_option("--to", arguments->to, "for change: the skeleton's new name")
            ->type_name("NAME");
        command.add_flag("--yes", arguments->yes, "also where labels exist that this changes");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
