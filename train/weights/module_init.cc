#include "train/weights/module_init.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/files/bytes.h"
#include "train/weights/old_names.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;

bool StartsWith(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

bool IsCounter(const std::string& name) {
  static const std::string kEnd = "num_batches_tracked";
  return name.size() >= kEnd.size() &&
         name.compare(name.size() - kEnd.size(), kEnd.size(), kEnd) == 0;
}

std::string ListText(const std::vector<std::string>& names) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kShown; ++i) text += (i ? ", " : "") + names[i];
  if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
  return text;
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

torch::ScalarType TypeOf(const std::string& dtype) {
  static const std::map<std::string, torch::ScalarType> kTypes = {
      {"F64", torch::kFloat64},   {"F32", torch::kFloat32}, {"F16", torch::kFloat16},
      {"BF16", torch::kBFloat16}, {"I64", torch::kInt64},   {"I32", torch::kInt32},
      {"I16", torch::kInt16},     {"I8", torch::kInt8},     {"U8", torch::kUInt8},
      {"BOOL", torch::kBool}};
  return kTypes.at(dtype);
}

torch::Tensor AsTensor(const StoredTensor& stored) {
  torch::Tensor tensor = torch::empty(stored.shape, TypeOf(stored.dtype));
  if (!stored.bytes.empty()) {
    std::memcpy(tensor.data_ptr(), stored.bytes.data(), stored.bytes.size());
  }
  return tensor;
}

// One way to lay the file's names onto the network's.
struct Match {
  std::string place;
  std::map<std::string, const StoredTensor*> found;  // by the network's name
  std::vector<std::string> unexpected;
};

class Matcher {
 public:
  Matcher(const NamedTensors& values, const WeightsFile& weights, const InitOptions& options)
      : weights_(weights), options_(options) {
    for (const auto& [name, tensor] : values) targets_[name] = tensor;
  }

  Match Best() const {
    Match best;
    for (const std::string& strip : Wrappings()) {
      for (const std::string& place : options_.places) {
        Match match = At(strip, place);
        if (best.found.size() < match.found.size()) best = std::move(match);
      }
    }
    return best;
  }

 private:
  // Beginnings that every name of the file has because something was wrapped around the network.
  std::vector<std::string> Wrappings() const {
    std::vector<std::string> wrappings = {""};
    for (const std::string wrapping : {"module.", "model.", "net."}) {
      const bool all =
          std::all_of(weights_.tensors.begin(), weights_.tensors.end(),
                      [&](const auto& item) { return StartsWith(item.first, wrapping); });
      if (all) wrappings.push_back(wrapping);
    }
    return wrappings;
  }

  Match At(const std::string& strip, const std::string& place) const {
    Match match;
    match.place = place;
    std::vector<std::pair<std::string, const StoredTensor*>> others;
    for (const auto& [stored, tensor] : weights_.tensors) {
      std::string name = stored.substr(strip.size());
      if (options_.rename) {
        name = options_.rename(name);
        if (name.empty()) continue;
      }
      if (targets_.count(place + name)) {
        match.found[place + name] = &tensor;
      } else {
        others.emplace_back(name, &tensor);
      }
    }
    for (const auto& [name, tensor] : others) {  // after all names of today had their turn
      bool taken = false;
      for (const std::string& newer : NewerNames(name)) {
        if (taken || !targets_.count(place + newer)) continue;
        taken = match.found.emplace(place + newer, tensor).second;
      }
      if (!taken && !MayBeIgnored(name) && !(!place.empty() && IsClassDependent(name))) {
        match.unexpected.push_back(datasets::Shown(name));
      }
    }
    return match;
  }

 public:
  bool IsClassDependent(const std::string& name) const {
    return std::any_of(options_.class_dependent.begin(), options_.class_dependent.end(),
                       [&](const std::string& start) { return StartsWith(name, start); });
  }

 private:
  const WeightsFile& weights_;
  const InitOptions& options_;
  std::map<std::string, torch::Tensor> targets_;
};

bool Fits(const StoredTensor& stored, const torch::Tensor& target) {
  return stored.shape == target.sizes().vec() &&
         torch::isFloatingType(TypeOf(stored.dtype)) == target.is_floating_point();
}

void Complain(const InitReport& report) {
  std::vector<std::string> causes;
  const auto Add = [&](const std::vector<std::string>& names, const std::string& what) {
    if (!names.empty()) {
      causes.push_back(std::to_string(names.size()) + " " + what + " (" + ListText(names) + ")");
    }
  };
  Add(report.missing, "tensors of the network are missing from it");
  Add(report.reshaped, "tensors have another shape");
  Add(report.unexpected, "tensors are unknown to the network");
  std::string cause;
  for (const std::string& part : causes) cause += (cause.empty() ? "" : ", ") + part;
  throw Error("weights " + report.file, cause,
              "choose a file of the same network, or give --init-partial to take what fits");
}

}  // namespace

std::string InitReport::Text() const {
  std::string text = "taken over " + std::to_string(taken) + " tensors of " + file;
  const auto Add = [&](const std::vector<std::string>& names, const std::string& what) {
    if (!names.empty()) {
      text += "; " + std::to_string(names.size()) + " " + what + ": " + ListText(names);
    }
  };
  Add(anew, "start anew");
  Add(missing, "not in the file");
  Add(reshaped, "of another shape");
  Add(unexpected, "not in the network");
  return text;
}

InitReport InitValues(const NamedTensors& values, const WeightsFile& weights,
                      const std::string& file, const InitOptions& options) {
  const Matcher matcher(values, weights, options);
  const Match match = matcher.Best();
  InitReport report;
  report.file = file;
  report.unexpected = match.unexpected;
  std::vector<std::pair<torch::Tensor, const StoredTensor*>> plain, of_classes;
  bool classes_fit = true;
  std::vector<std::string> class_names;
  for (const auto& [name, target] : values) {
    if (!StartsWith(name, match.place)) continue;  // outside what the file is for
    const bool class_dependent = matcher.IsClassDependent(name);
    if (class_dependent) class_names.push_back(name);
    const auto found = match.found.find(name);
    if (found == match.found.end()) {
      if (class_dependent) {
        classes_fit = false;
      } else if (!IsCounter(name)) {
        report.missing.push_back(name);
      }
    } else if (class_dependent) {
      classes_fit = classes_fit && Fits(*found->second, target);
      of_classes.emplace_back(target, found->second);
    } else if (!Fits(*found->second, target)) {
      report.reshaped.push_back(name + ": " + ShapeText(found->second->shape) + " in the file, " +
                                ShapeText(target.sizes().vec()) + " here");
    } else {
      plain.emplace_back(target, found->second);
    }
  }
  if (classes_fit) {
    plain.insert(plain.end(), of_classes.begin(), of_classes.end());
  } else {
    report.anew = class_names;
  }
  if (plain.empty()) {
    throw Error("weights " + file, "none of them fit this network",
                "choose a file of the same network, or train without --init");
  }
  if (!report.complete() && !options.partial) Complain(report);
  for (const auto& [target, stored] : plain) {
    if (CountNotFinite(*stored) == 0) continue;
    for (const auto& [name, tensor] : match.found) {
      if (tensor != stored) continue;
      throw Error("weights " + file, "'" + name + "' holds values that are not numbers",
                  "the file is damaged: get it again");
    }
  }
  torch::NoGradGuard no_grad;
  for (const auto& [target, stored] : plain) target.detach().copy_(AsTensor(*stored));
  report.taken = static_cast<int>(plain.size());
  return report;
}

InitReport InitModule(torch::nn::Module& module, const std::string& file_or_name,
                      const InitOptions& options) {
  const std::filesystem::path file = FindWeights(file_or_name);
  return InitValues(NamedValues(module), ReadNamedWeights(file), file.string(), options);
}

}  // namespace train
