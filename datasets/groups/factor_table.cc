#include "datasets/groups/factor_table.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/files/csv.h"
#include "datasets/store/factors/factor_store.h"

namespace datasets {

namespace fs = std::filesystem;

bool IsSameFactor(const std::string& name, const std::string& other) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(name.begin(), name.end(), other.begin(), other.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

size_t FactorTable::Column(const std::string& factor) const {
  const auto found = std::find(factors.begin(), factors.end(), factor);
  if (found != factors.end()) return static_cast<size_t>(found - factors.begin());
  const auto alike = std::find_if(factors.begin(), factors.end(), [&](const std::string& one) {
    return IsSameFactor(one, factor);
  });
  if (alike != factors.end()) return static_cast<size_t>(alike - factors.begin());
  const std::string closest = ClosestName(factor, factors);
  throw Error("factor '" + factor + "'",
              factors.empty() ? "no video of the project has a factor"
                              : "no video has it (there are " + QuotedNames(factors) + ")",
              closest.empty() ? "set it: vole factors PROJECT set VIDEO " + factor + "=VALUE"
                              : "did you mean '" + closest + "'?");
}

FactorTable FactorsOf(const Project& project) {
  FactorTable table;
  project.InOneSnapshot([&] {
    std::map<Id, size_t> row_of, column_of;
    project.Read([&](Connection& connection) {
      for (const FactorRow& factor : ReadFactors(connection)) {
        column_of[factor.id] = table.factors.size();
        table.factors.push_back(factor.name);
      }
    });
    for (VideoRow& video : project.Videos()) {
      row_of[video.id] = table.rows.size();
      table.rows.push_back({std::move(video), std::vector<std::string>(table.factors.size())});
    }
    project.Read([&](Connection& connection) {
      for (const FactorValueRow& value : ReadFactorValues(connection)) {
        const auto row = row_of.find(value.video_id);
        const auto column = column_of.find(value.factor_id);
        if (row == row_of.end() || column == column_of.end()) continue;  // vole verify says it
        table.rows[row->second].values[column->second] = value.value;
      }
    });
  });
  return table;
}

std::string FactorsCsv(const FactorTable& table) {
  std::string text = "video";
  for (const std::string& factor : table.factors) text += "," + CsvField(factor);
  text += "\n";
  for (const FactorTable::Row& row : table.rows) {
    text += CsvField(row.video.name);
    for (const std::string& value : row.values) text += "," + CsvField(value);
    text += "\n";
  }
  return text;
}

std::vector<FactorCsvValue> ReadFactorsCsv(const fs::path& file, const Project& project) {
  const std::string what = "factors '" + file.string() + "'";
  const CsvTable table(file, what);
  table.Require({"video"});
  if (table.columns().size() < 2) {
    throw Error(what, "it has no column beside 'video'", "write a column for each factor");
  }
  std::set<std::string> titles;
  for (size_t c = 0; c < table.columns().size(); ++c) {
    if (!titles.insert(table.columns()[c]).second) {
      throw Error(what, "column '" + table.column_titles()[c] + "' is there twice",
                  "leave one of them; Day and day are one name");
    }
  }
  const std::vector<VideoRow> videos = project.Videos();
  std::vector<FactorCsvValue> values;
  std::set<Id> seen;
  for (size_t r = 0; r < table.rows(); ++r) {
    const std::string& name = table.Text(r, "video");
    const VideoRow* video = nullptr;
    for (const VideoRow& one : videos) {
      if (one.name == name) video = &one;
    }
    for (size_t v = 0; !video && v < videos.size(); ++v) {
      if (fs::path(videos[v].path).filename() != name) continue;
      for (size_t other = v + 1; other < videos.size(); ++other) {
        if (fs::path(videos[other].path).filename() != name) continue;
        throw Error(table.Where(r),
                    "the files of the videos '" + videos[v].name + "' and '" + videos[other].name +
                        "' are both called '" + name + "'",
                    "nothing was changed; call each by the name that vole info lists");
      }
      video = &videos[v];
    }
    if (!video) {
      throw Error(table.Where(r), "the project has no video '" + name + "'",
                  "nothing was changed; vole info lists the videos");
    }
    if (!seen.insert(video->id).second) {
      throw Error(table.Where(r), "video '" + name + "' is there twice", "nothing was changed");
    }
    for (size_t c = 0; c < table.columns().size(); ++c) {
      if (table.columns()[c] == "video") continue;
      values.push_back({video->id, table.column_titles()[c], table.Text(r, table.columns()[c])});
    }
  }
  return values;
}

}  // namespace datasets
