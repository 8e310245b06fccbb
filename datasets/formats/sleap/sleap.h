// SLEAP (Pereira et al. 2022): labels and predictions as tables in HDF5 (.slp), as SLEAP and
// sleap-io write them since format 1. Pixel centers lie at integers from format 1.1 on, at halves
// before; Vole's lie at halves.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "datasets/exchange/options.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/pose/pose_document.h"

namespace datasets {

struct SleapVideo {
  std::vector<std::string> files;    // one, or the pictures that the frames are
  std::string embedded;              // dataset with pictures in the file itself, or ""
  std::vector<std::string> sources;  // of embedded pictures: the videos they are from
  int width = 0, height = 0;         // 0: not said
  bool is_pictures = false;          // `files` are, even where it is one
};

struct SleapFile {
  double format = 0;
  std::vector<Skeleton> skeletons;
  std::vector<SleapVideo> videos;
  std::vector<std::string> tracks;
};

// What stands around the tables. Throws Error naming the part for anything that is not as SLEAP
// writes it.
SleapFile ReadSleapHead(const H5File& file);

// The skeletons of metadata.json. Throws Error(thing = `what`).
std::vector<Skeleton> SleapSkeletons(const nlohmann::json& metadata, const std::string& what);
nlohmann::json SleapMetadata(const Skeleton& skeleton);

// Takes embedded pictures whose video the project does not have out of the file, into `folder`, and
// says so; pictures that are there already are left.
// `frames`: (video, frame number) that animals are on. Returns their files.
using SleapPictures = std::map<std::pair<size_t, int64_t>, std::filesystem::path>;
SleapPictures TakeOutPictures(const H5File& file, const SleapFile& head,
                              const std::set<std::pair<size_t, int64_t>>& frames,
                              const VideoMatcher& matcher, const std::filesystem::path& folder,
                              std::vector<std::string>* notes);

// The document that ImportPose takes. Pictures: as SleapPictures.
PoseDocument ReadSleap(const H5File& file, const SleapFile& head, const std::filesystem::path& path,
                       const SleapPictures& pictures);

ImportReport ImportSleap(Project& project, const std::filesystem::path& path,
                         const ImportOptions& options, Job& job);
ExportReport ExportSleap(const Project& project, const std::filesystem::path& out,
                         const ExportOptions& options, Job& job);

}  // namespace datasets
