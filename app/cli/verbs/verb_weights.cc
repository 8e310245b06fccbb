#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "train/weights/darknet.h"
#include "train/weights/darknet_names.h"
#include "train/weights/download.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace app {
namespace weights_verb {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string action;
  std::vector<std::string> names;
};

std::string CheckText(const train::PublicFile& known) {
  if (!known.sha256_prefix.empty()) return "SHA-256 " + known.sha256_prefix + "...";
  if (known.bytes > 0) return CountText(known.bytes) + " bytes";
  return CountText(static_cast<int64_t>(known.tensors.size())) + " tensors";
}

int List(Console& console) {
  const std::filesystem::path cache = train::WeightsCache();
  Json list = Json::array();
  std::vector<std::vector<std::string>> table = {{"name", "network", "checked by", ""}};
  for (const train::PublicFile& known : train::PublicFiles()) {
    std::error_code ignored;
    const std::filesystem::path file = cache / known.file;
    const bool here = std::filesystem::exists(file, ignored);
    list.push_back({{"name", known.name},
                    {"what", known.what},
                    {"url", known.url},
                    {"file", known.file},
                    {"checked_by", CheckText(known)},
                    {"path", here ? Json(file.string()) : Json()}});
    table.push_back({known.name, known.what, CheckText(known), here ? "here" : ""});
  }
  console.Print(TableText(table));
  console.Print("`vole weights get NAME` fetches into " + cache.string() + ".");
  console.PrintJson({{"cache", cache.string()}, {"weights", list}});
  return 0;
}

int Get(const std::vector<std::string>& names, Console& console) {
  if (names.empty()) throw UsageError("say which weights to get; `vole weights list` shows them");
  std::vector<train::PublicFile> wanted;
  for (const std::string& name : names) {  // a mistyped name stops before anything is fetched
    const train::PublicFile* known = train::FindPublicFile(name);
    wanted.push_back(known ? *known : train::PublicFileAt(name));
  }
  Json list = Json::array();
  for (const train::PublicFile& known : wanted) {
    const train::Fetched fetched = train::FetchWeights(known, train::WeightsCache(), console.job());
    list.push_back({{"name", known.name},
                    {"path", fetched.file.string()},
                    {"bytes", fetched.bytes},
                    {"was_there", fetched.was_there},
                    {"resumed_from", fetched.resumed_from}});
    console.Print(fmt::format("{} {} ({} bytes, checked by {})",
                              fetched.was_there ? "Already there:" : "Fetched",
                              fetched.file.string(), CountText(fetched.bytes), CheckText(known)));
  }
  console.PrintJson({{"weights", list}});
  return 0;
}

std::string ShapeText(const std::vector<int64_t>& shape) { return Json(shape).dump(); }

// A darknet file holds numbers without names; how many there are tells what it most likely is.
int InspectDarknet(const std::filesystem::path& file, const std::string& format, Console& console) {
  const train::DarknetWeights weights = train::ReadDarknetWeights(file);
  const auto count = static_cast<int64_t>(weights.values.size());
  const std::string what = train::NameDarknetWeights(weights.values.size());
  const std::string version =
      fmt::format("{}.{}.{}", weights.major, weights.minor, weights.revision);
  console.Print(fmt::format("{}: {}, version {}, {} pictures seen, {} values{}", file.string(),
                            format, version, CountText(static_cast<int64_t>(weights.seen)),
                            CountText(count), what.empty() ? "" : "; by their number: " + what));
  console.PrintJson({{"file", file.string()},
                     {"format", format},
                     {"version", version},
                     {"seen", weights.seen},
                     {"elements", count},
                     {"bytes", 4 * count},
                     {"what", what},
                     {"tensors", Json::array()}});
  return 0;
}

int Inspect(const std::vector<std::string>& names, Console& console) {
  if (names.size() != 1) throw UsageError("say which one file to inspect");
  const std::filesystem::path file = train::FindWeights(names[0]);
  const train::WeightsFormat kind = train::FormatOf(file);
  const std::string format = train::FormatText(kind);
  if (kind == train::WeightsFormat::kDarknet) return InspectDarknet(file, format, console);
  const train::WeightsFile weights = train::ReadNamedWeights(file);
  Json list = Json::array();
  std::vector<std::vector<std::string>> table = {{"tensor", "type", "shape", "values"}};
  int64_t elements = 0, bytes = 0, not_finite = 0;
  for (const auto& [name, tensor] : weights.tensors) {
    console.job().ThrowIfCancelled();
    const int64_t count = train::CountElements(tensor), bad = train::CountNotFinite(tensor);
    list.push_back({{"name", name},
                    {"dtype", tensor.dtype},
                    {"shape", tensor.shape},
                    {"elements", count},
                    {"not_finite", bad}});
    table.push_back({name, tensor.dtype, ShapeText(tensor.shape), CountText(count)});
    elements += count;
    bytes += static_cast<int64_t>(tensor.bytes.size());
    not_finite += bad;
  }
  console.Print(TableText(table));
  for (const auto& [key, value] : weights.metadata) {
    console.Print(key + ": " + value.substr(0, 200));
  }
  console.Print(fmt::format("{}: {}, {} tensors, {} values, {} bytes", file.string(), format,
                            CountText(static_cast<int64_t>(weights.tensors.size())),
                            CountText(elements), CountText(bytes)));
  if (not_finite > 0) {
    console.Note(file.string() + ": " + CountText(not_finite) +
                 " of its values are not numbers; a training cannot start from it");
  }
  console.PrintJson({{"file", file.string()},
                     {"format", format},
                     {"count", weights.tensors.size()},
                     {"elements", elements},
                     {"bytes", bytes},
                     {"not_finite", not_finite},
                     {"metadata", weights.metadata},
                     {"tensors", list}});
  return 0;
}

int Convert(const std::vector<std::string>& names, Console& console) {
  if (names.size() != 2) throw UsageError("say which file to convert, and the file to write");
  const std::filesystem::path file = train::FindWeights(names[0]), out = names[1];
  const std::string kind = out.extension().string();
  CheckChoice("the new file's ending", kind, {".safetensors", ".weights"});
  std::error_code ignored;
  if (std::filesystem::equivalent(file, out, ignored)) {
    throw UsageError(
        "the new file would replace the one that it is made from; choose another name");
  }
  const train::WeightsFormat format = train::FormatOf(file);
  int64_t tensors = 0, values = 0;
  if (kind == ".weights") {
    const train::DarknetWeights numbers =
        format == train::WeightsFormat::kDarknet
            ? train::ReadDarknetWeights(file)
            : train::NumberDarknetTensors(train::ReadNamedWeights(file), file.string());
    values = static_cast<int64_t>(numbers.values.size());
    train::WriteDarknetWeights(out, numbers);
  } else {
    const train::WeightsFile weights =
        format == train::WeightsFormat::kDarknet
            ? train::NameDarknetTensors(train::ReadDarknetWeights(file), file.string())
            : train::ReadNamedWeights(file);
    tensors = static_cast<int64_t>(weights.tensors.size());
    for (const auto& [name, tensor] : weights.tensors) {
      values += train::CountElements(tensor);
      if (train::CountNotFinite(tensor) == 0) continue;
      throw datasets::Error("weights " + file.string(),
                            "tensor " + name + " holds values that are not numbers",
                            "choose a file that is whole");
    }
    train::WriteSafetensors(out, weights);
  }
  console.Print(fmt::format("Wrote {} values{} to {}.", CountText(values),
                            tensors > 0 ? " in " + CountText(tensors) + " tensors" : "",
                            out.string()));
  console.PrintJson({{"file", out.string()},
                     {"format", train::FormatText(train::FormatOf(out))},
                     {"from", file.string()},
                     {"from_format", train::FormatText(format)},
                     {"count", tensors},
                     {"elements", values}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  CheckChoice("what to do", arguments.action, {"list", "get", "inspect", "convert"});
  if (arguments.action == "convert") return Convert(arguments.names, console);
  if (arguments.action == "get") return Get(arguments.names, console);
  if (arguments.action == "inspect") return Inspect(arguments.names, console);
  if (!arguments.names.empty()) throw UsageError("`list` takes no name");
  return List(console);
}

}  // namespace
}  // namespace weights_verb

Verb WeightsVerb() {
  using namespace weights_verb;
  return {"weights",
          "Networks",
          "published weights: list, get; what a weights file holds; convert one",
          "`list` shows the published weights that --init takes by name; `get` fetches them into a "
          "cache, goes on after an interruption, and checks them against the publisher's check sum "
          "(it also takes the address of a file named like NAME-0123abcd.pth). `inspect` lists the "
          "tensors of a file: safetensors, .pth of PyTorch in either layout, or what is known of "
          "darknet's .weights. `convert` writes a new file, by its ending: .safetensors from "
          ".pth or from yolov3's and yolov3-tiny's .weights, which get names; .weights, for "
          "darknet, from a trained yolov3 or yolov3-tiny. Nothing in a file is ever run.",
          "  vole weights list\n"
          "  vole weights get resnet50 maskrcnn-coco-v1\n"
          "  vole weights inspect resnet50 --json\n"
          "  vole weights inspect mice-1.safetensors\n"
          "  vole weights convert mice-1.safetensors mice-1.weights\n"
          "  vole weights convert old.pth old.safetensors",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            command.add_option("action", arguments->action, "list, get, inspect or convert")
                ->required()
                ->type_name("list|get|inspect|convert");
            command
                .add_option(
                    "names", arguments->names,
                    "names of published weights; for inspect, a file or such a name; for convert, "
                    "a file or such a name and the file to write")
                ->type_name("NAME|FILE");
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
