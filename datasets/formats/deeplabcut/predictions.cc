#include <cmath>
#include <map>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/formats/deeplabcut/deeplabcut.h"
#include "datasets/pose/pose_document.h"
#include "datasets/pose/pose_export.h"

namespace datasets {

namespace {

constexpr char kOneAnimal[] = "animal";

// cage4DLC_resnet50_cageOct1shuffle1_1000_filtered.csv -> cage4
std::string VideoOfTable(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  for (const char* mark : {"DLC_", "DLC", "DeepCut_"}) {
    const size_t at = stem.find(mark);
    if (at != std::string::npos && at > 0) return stem.substr(0, at);
  }
  return "";
}

}  // namespace

ImportReport ImportDeepLabCutPredictions(Project& project, const std::filesystem::path& file,
                                         const DeepLabCutTable& table, const ImportOptions& options,
                                         Job& job) {
  PoseDocument document;
  document.what = "DeepLabCut table '" + file.filename().string() + "'";
  document.skeletons = {MakeSkeleton(kOneAnimal, table.body_parts, {}, {})};
  WarnOf(table.other_columns, kOtherColumns, &document.notes);
  const std::string video = VideoOfTable(file);
  std::map<std::string, int> tracks;
  for (const DeepLabCutRow& row : table.rows) {
    const auto number = ParseNumber(row.picture);
    if (number && *number >= 0 && *number < 1e9 && *number == std::floor(*number)) {
      document.pictures.push_back(
          ClaimOfFrame(document.what, video, static_cast<int64_t>(*number)));
    } else {
      PictureClaim claim;  // predictions of labeled pictures
      claim.file_name = row.picture;
      document.pictures.push_back(claim);
    }
    document.pictures.back().what = document.what + ", line " + std::to_string(row.line);
    for (const DeepLabCutAnimal& one : row.animals) {
      PoseAnimal animal;
      animal.picture = document.pictures.size() - 1;
      animal.predicted = true;
      animal.score = NAN;
      animal.points = one.points;
      animal.confidences = one.confidences;
      if (!one.individual.empty()) {
        const auto [track, is_new] =
            tracks.emplace(one.individual, static_cast<int>(tracks.size()));
        if (is_new) document.tracks.push_back(one.individual);
        animal.track = track->second;
      }
      document.animals.push_back(std::move(animal));
    }
  }
  return ImportPose(project, file, std::move(document), options, job);
}

}  // namespace datasets
