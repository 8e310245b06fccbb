#include "datasets/formats/label_batch.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/store/writer.h"

namespace datasets {

namespace {

class Fingerprint {
 public:
  void Add(uint64_t value) {
    hash_ ^= value + 0x9e3779b97f4a7c15ULL + (hash_ << 12) + (hash_ >> 4);
    hash_ *= 0xff51afd7ed558ccdULL;
    hash_ ^= hash_ >> 33;
  }
  void Add(double value) { Add(static_cast<uint64_t>(std::llround(value * 1000))); }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0x243f6a8885a308d3ULL;
};

uint64_t GeometryKey(Id image_id, Id category_id, const AnnotationRow& row) {
  Fingerprint key;
  key.Add(static_cast<uint64_t>(image_id));
  key.Add(static_cast<uint64_t>(category_id));
  if (row.rle) {
    for (const uint32_t run : row.rle->counts) key.Add(static_cast<uint64_t>(run));
    return key.value();
  }
  for (const Ring& ring : row.polygons) {
    key.Add(static_cast<uint64_t>(ring.size()));
    for (const cv::Point2d& point : ring) {
      key.Add(point.x);
      key.Add(point.y);
    }
  }
  return key.value();
}

uint64_t TrackKey(Id image_id, Id track_id) {
  Fingerprint key;
  key.Add(static_cast<uint64_t>(image_id));
  key.Add(static_cast<uint64_t>(track_id));
  return key.value();
}

// What the project holds already, of the videos that the batch touches.
struct Present {
  std::unordered_set<uint64_t> outlines, tracked;
  std::unordered_set<Id> labeled_images;
  std::unordered_map<Id, ImageState> states;

  Present(const Project& project, const LabelBatch& batch) {
    std::set<Id> videos;
    for (const IncomingImage& image : batch.images()) videos.insert(image.video_id.value_or(0));
    for (const ImageRow& image : project.Images()) states[image.id] = image.state;
    if (states.empty()) return;
    for (const Id video : videos) {
      project.ForEachAnnotation(video,
                                [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
                                  if (!rows.empty()) labeled_images.insert(image.id);
                                  for (const AnnotationRow& row : rows) {
                                    outlines.insert(GeometryKey(image.id, row.category_id, row));
                                    if (row.track_id)
                                      tracked.insert(TrackKey(image.id, *row.track_id));
                                  }
                                });
    }
  }
};

}  // namespace

size_t LabelBatch::Category(const std::string& name, const std::string& supercategory) {
  const auto [it, added] = category_index_.emplace(name, categories_.size());
  if (added) categories_.emplace_back(name, supercategory);
  return it->second;
}

size_t LabelBatch::Frame(const VideoRow& video, int frame_index) {
  const auto [it, added] = image_index_.emplace(
      std::to_string(video.id) + "#" + std::to_string(frame_index), images_.size());
  if (added) {
    IncomingImage image;
    image.video_id = video.id;
    image.frame_index = frame_index;
    image.width = video.width;
    image.height = video.height;
    images_.push_back(std::move(image));
  }
  return it->second;
}

size_t LabelBatch::Picture(const std::string& path, int width, int height) {
  const auto [it, added] = image_index_.emplace("/" + path, images_.size());
  if (added) {
    IncomingImage image;
    image.picture = path;
    image.width = width;
    image.height = height;
    images_.push_back(std::move(image));
  }
  return it->second;
}

IncomingLabel& LabelBatch::AddLabel(size_t image, size_t category) {
  labels_.emplace_back();
  labels_.back().image = image;
  labels_.back().category = category;
  labels_.back().row.source = LabelSource::kImported;
  return labels_.back();
}

ImportReport StoreLabels(Project& project, const LabelBatch& batch, const ImportOptions& options,
                         Job& job) {
  ImportReport report;
  report.warnings = batch.warnings;
  report.images = static_cast<int64_t>(batch.images().size());
  int64_t kept_other = 0;
  project.Write([&](Writer& writer) {
    report.annotations = report.already_present = report.categories = kept_other = 0;
    job.Advance(0, 0, "comparing with the labels that are there");
    const Present present(project, batch);
    std::set<std::string> known_names;
    for (const CategoryRow& category : project.Categories()) known_names.insert(category.name);

    std::vector<Id> category_ids, image_ids;
    for (const auto& [name, supercategory] : batch.categories()) {
      category_ids.push_back(writer.FindOrInsertCategory(name, supercategory));
      report.categories += known_names.count(name) ? 0 : 1;
    }
    std::vector<bool> labeled(batch.images().size(), false);
    for (const IncomingLabel& label : batch.labels()) labeled[label.image] = true;
    for (size_t i = 0; i < batch.images().size(); ++i) {
      const IncomingImage& image = batch.images()[i];
      const Id id = image.video_id
                        ? writer.FindOrInsertImage(*image.video_id, image.frame_index, image.width,
                                                   image.height)
                        : writer.FindOrInsertPicture(image.picture, image.width, image.height);
      image_ids.push_back(id);
      const auto state = present.states.find(id);
      const bool is_new = state == present.states.end();
      const bool open =
          is_new || state->second == ImageState::kNew || state->second == ImageState::kStarted;
      const bool empty = image.empty || options.empty_is_negative;
      if (labeled[i]) {
        if (is_new || state->second != ImageState::kDone) {
          writer.SetImageState(id, ImageState::kDone);
        }
      } else if (empty && open && !present.labeled_images.count(id)) {
        writer.SetImageState(id, ImageState::kEmpty);
      } else if (is_new) {
        writer.SetImageState(id, ImageState::kNew);
      }
      if (!image.split.empty()) writer.SetImageSplit(id, image.split);
    }

    std::map<std::pair<Id, std::pair<Id, int64_t>>, Id> tracks;
    std::unordered_set<uint64_t> added;
    int64_t done = 0;
    for (const IncomingLabel& label : batch.labels()) {
      if (done++ % 1024 == 0) {
        job.Advance(static_cast<double>(done), static_cast<double>(batch.labels().size()),
                    "storing labels");
      }
      const IncomingImage& image = batch.images()[label.image];
      AnnotationRow row = label.row;
      row.image_id = image_ids[label.image];
      row.category_id = category_ids[label.category];
      if (row.author.empty()) row.author = options.author;
      if (label.track && image.video_id) {
        const auto key =
            std::make_pair(*image.video_id, std::make_pair(row.category_id, *label.track));
        auto track = tracks.find(key);
        if (track == tracks.end()) {
          const Id id = writer.FindOrInsertTrack(*image.video_id, row.category_id, *label.track);
          track = tracks.emplace(key, id).first;
        }
        row.track_id = track->second;
      }
      const uint64_t outline = GeometryKey(row.image_id, row.category_id, row);
      const bool same = present.outlines.count(outline) || !added.insert(outline).second;
      const bool other =
          !same && row.track_id && present.tracked.count(TrackKey(row.image_id, *row.track_id));
      if (same || other) {
        ++report.already_present;
        kept_other += other ? 1 : 0;
        continue;
      }
      writer.InsertAnnotation(row);
      ++report.annotations;
    }
    report.tracks = static_cast<int64_t>(tracks.size());
  });
  if (kept_other > 0) {
    report.warnings.push_back(std::to_string(kept_other) +
                              " labels were left as the project has them: it holds another outline "
                              "of the same track in the same frame");
  }
  return report;
}

std::string PicturePath(const Project& project, const std::filesystem::path& file) {
  std::error_code ignored;
  const auto absolute = std::filesystem::weakly_canonical(file, ignored);
  const auto folder = std::filesystem::weakly_canonical(project.folder(), ignored);
  const auto relative = absolute.lexically_relative(folder);
  return relative.empty() ? absolute.generic_string() : relative.generic_string();
}

void MeasurePolygons(AnnotationRow& row) {
  row.box = BoxOf(row.polygons);
  row.area = 0;
  for (const Ring& ring : row.polygons) row.area += RingArea(ring);
}

Ring BoxRing(const Box& box) {
  return {{box.x, box.y},
          {box.x + box.width, box.y},
          {box.x + box.width, box.y + box.height},
          {box.x, box.y + box.height}};
}

}  // namespace datasets
