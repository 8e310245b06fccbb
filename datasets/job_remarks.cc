#include "datasets/job_remarks.h"

#include <nlohmann/json.hpp>

#include "datasets/store/writer.h"

namespace datasets {
namespace {

std::string RemarksKey(Id job) { return "remarks/" + std::to_string(job); }

}  // namespace

void KeepRemarks(Project& project, Id job, const std::vector<std::string>& remarks) {
  if (remarks.empty()) return;
  const std::string text =
      nlohmann::json(remarks).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  project.Write([&](Writer& writer) { writer.SetSetting(RemarksKey(job), text); });
}

std::vector<std::string> RemarksOf(const Project& project, Id job) {
  const auto stored = nlohmann::json::parse(project.Setting(RemarksKey(job), "[]"), nullptr, false);
  std::vector<std::string> remarks;
  if (!stored.is_array()) return remarks;
  for (const auto& one : stored) {
    if (one.is_string()) remarks.push_back(one.get<std::string>());
  }
  return remarks;
}

}  // namespace datasets
