#include "datasets/exchange/label_batch.h"

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/store/points.h"
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

uint64_t OutlineKey(Id image_id, const AnnotationRow& row) {
  Fingerprint key;
  key.Add(static_cast<uint64_t>(image_id));
  if (row.rle) {
    for (const uint32_t run : row.rle->counts) key.Add(static_cast<uint64_t>(run));
    return key.value();
  }
  if (row.polygons.empty()) {  // points alone
    for (const KeyPoint& point : row.key_points) {
      if (point.visibility == 0) continue;
      for (const unsigned char letter : point.name) key.Add(static_cast<uint64_t>(letter));
      key.Add(point.x);
      key.Add(point.y);
    }
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
  struct Outline {
    Id category_id;
    bool iscrowd;
  };
  std::unordered_map<uint64_t, std::vector<Outline>> outlines;
  std::unordered_set<uint64_t> tracked;
  std::unordered_set<Id> labeled_images;
  std::unordered_map<Id, ImageState> states;

  Present(const Project& project, const LabelBatch& batch) {
    std::set<Id> videos;
    for (const IncomingImage& image : batch.images()) videos.insert(image.video_id.value_or(0));
    for (const ImageRow& image : project.Images()) states[image.id] = image.state;
    if (states.empty()) return;
    for (const Id video : videos) {
      project.ForEachAnnotation(
          video, [&](const ImageRow& image, const std::vector<AnnotationRow>& rows) {
            if (!rows.empty()) labeled_images.insert(image.id);
            for (const AnnotationRow& row : rows) {
              outlines[OutlineKey(image.id, row)].push_back({row.category_id, row.iscrowd});
              if (row.track_id) tracked.insert(TrackKey(image.id, *row.track_id));
            }
          });
    }
  }
  // The same outline under that category.
  const Outline* Find(uint64_t outline, Id category_id) const {
    const auto found = outlines.find(outline);
    if (found == outlines.end()) return nullptr;
    for (const Outline& one : found->second) {
      if (one.category_id == category_id) return &one;
    }
    return nullptr;
  }
};

// What each label is called in the project: its category, or (--names-from tracks) its track.
class AnimalNames {
 public:
  AnimalNames(const LabelBatch& batch, bool from_tracks) : batch_(batch) {
    std::map<std::pair<size_t, int64_t>, std::string> given;
    for (const IncomingLabel& label : batch.labels()) {
      if (label.track && !label.track_name.empty()) {
        given.emplace(std::make_pair(label.category, *label.track), label.track_name);
      }
    }
    std::vector<bool> labeled(batch.categories().size(), false);
    for (const IncomingLabel& label : batch.labels()) {
      labeled[label.category] = true;
      if (!from_tracks || !label.track || label.row.iscrowd) {
        of_label_.push_back(Place(batch.categories()[label.category]));
        continue;
      }
      ++tracked_;
      const auto name = given.find({label.category, *label.track});
      const std::string& kind = batch.categories()[label.category].first;
      of_label_.push_back(Place(
          {name == given.end() ? kind + "_" + std::to_string(*label.track) : name->second, kind}));
    }
    for (size_t i = 0; i < labeled.size(); ++i) {
      if (!labeled[i]) Place(batch.categories()[i]);
    }
    if (from_tracks && tracked_ == 0) {
      throw Error("names from tracks", "no label of the file has a track",
                  "import it without --names-from tracks");
    }
  }
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }
  size_t OfLabel(size_t label) const { return of_label_[label]; }
  int64_t untracked() const { return static_cast<int64_t>(of_label_.size()) - tracked_; }

  // What training will make of tracks that share a category, or "".
  std::string NoteOnTracks() const {
    std::map<size_t, std::set<int64_t>> tracks;
    std::set<std::pair<size_t, size_t>> seen;
    std::set<size_t> repeated;
    for (const IncomingLabel& label : batch_.labels()) {
      if (!label.track || label.row.iscrowd) continue;
      tracks[label.category].insert(*label.track);
      if (!seen.insert({label.image, label.category}).second) repeated.insert(label.category);
    }
    std::string note;
    for (const size_t category : repeated) {
      if (tracks[category].size() < 2) continue;
      const std::string& name = batch_.categories()[category].first;
      note += (note.empty() ? "" : "; ") + std::to_string(tracks[category].size()) +
              " tracks are all called '" + name + "'";
    }
    return note.empty() ? ""
                        : note +
                              ": training learns one class of them and will not tell them "
                              "apart; --names-from tracks makes each an animal of its own";
  }

 private:
  size_t Place(const std::pair<std::string, std::string>& category) {
    const auto [it, added] = places_.emplace(category.first, all_.size());
    if (added) all_.push_back(category);
    return it->second;
  }

  const LabelBatch& batch_;
  std::map<std::string, size_t> places_;
  std::vector<std::pair<std::string, std::string>> all_;
  std::vector<size_t> of_label_;
  int64_t tracked_ = 0;
};

// Frames in which one track stands more than once: an error of identity in the file.
class DoubledTracks {
 public:
  explicit DoubledTracks(const Project& project) {
    for (const VideoRow& video : project.Videos()) videos_[video.id] = video.name;
  }
  void Look(const IncomingImage& image, Id image_id, int64_t track, Id track_id) {
    if (seen_.insert(TrackKey(image_id, track_id)).second) return;
    if (++count_ > kNamed) return;
    text_ += (text_.empty() ? "" : ", ") + std::string("track ") + std::to_string(track) +
             " in frame " + std::to_string(image.frame_index) + " of '" +
             videos_[image.video_id.value_or(0)] + "'";
  }
  std::string Note() const {
    if (count_ == 0) return "";
    const std::string more =
        count_ > kNamed ? " and " + std::to_string(count_ - kNamed) + " more" : "";
    return "the same track stands twice in a frame, which no animal can (" + text_ + more +
           "); the labels were kept, correct their tracks";
  }

 private:
  static constexpr int64_t kNamed = 5;
  std::map<Id, std::string> videos_;
  std::unordered_set<uint64_t> seen_;
  int64_t count_ = 0;
  std::string text_;
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
  const bool from_tracks = options.names_from == "tracks";
  const AnimalNames animals(batch, from_tracks);
  int64_t kept_other = 0, kept_name = 0, kept_kind = 0;
  std::string doubled;
  project.Write([&](Writer& writer) {
    report.annotations = report.already_present = report.categories = 0;
    kept_other = kept_name = kept_kind = 0;
    job.Advance(0, 0, "comparing with the labels that are there");
    const Present present(project, batch);
    std::set<std::string> known_names;
    std::map<std::string, Id> known;
    for (const CategoryRow& category : project.Categories()) {
      known_names.insert(category.name);
      known[category.name] = category.id;
    }

    for (const Skeleton& skeleton : batch.skeletons) {
      FindOrInsertSkeleton(writer.connection(), skeleton);
    }
    std::vector<Id> category_ids, image_ids;
    for (const auto& [name, supercategory] : animals.all()) {
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
    std::set<std::pair<uint64_t, Id>> added;
    DoubledTracks doubles(project);
    for (size_t i = 0; i < batch.labels().size(); ++i) {
      const IncomingLabel& label = batch.labels()[i];
      if (i % 1024 == 0) {
        job.Advance(static_cast<double>(i), static_cast<double>(batch.labels().size()),
                    "storing labels");
      }
      const IncomingImage& image = batch.images()[label.image];
      AnnotationRow row = label.row;
      row.image_id = image_ids[label.image];
      row.category_id = category_ids[animals.OfLabel(i)];
      if (row.author.empty()) row.author = options.author;
      const uint64_t outline = OutlineKey(row.image_id, row);
      const Present::Outline* there = present.Find(outline, row.category_id);
      const auto former = known.find(batch.categories()[label.category].first);
      if (!there && from_tracks && former != known.end() && present.Find(outline, former->second)) {
        ++report.already_present;
        ++kept_name;
        continue;
      }
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
      const bool same = there || !added.insert({outline, row.category_id}).second;
      if (!same && row.track_id && !row.iscrowd) {
        doubles.Look(image, row.image_id, *label.track, *row.track_id);
      }
      const bool other =
          !same && row.track_id && present.tracked.count(TrackKey(row.image_id, *row.track_id));
      if (same || other) {
        ++report.already_present;
        kept_other += other ? 1 : 0;
        kept_kind += there && there->iscrowd != row.iscrowd ? 1 : 0;
        continue;
      }
      writer.InsertAnnotation(row);
      ++report.annotations;
    }
    doubled = doubles.Note();
    const int64_t asked = kept_name + (options.crowd_is_instance ? kept_kind : 0);
    if (report.annotations == 0 && asked > 0) {
      throw Error("this import",
                  "it would change nothing: " + std::to_string(asked) +
                      " of its labels are in the project already, " +
                      (kept_name > 0 ? "under their former name" : "as crowds") +
                      ", and an import never changes labels that are there",
                  "delete those first, or import the file into a new project");
    }
    report.tracks = static_cast<int64_t>(tracks.size());
  });
  const std::string of_tracks = from_tracks ? "" : animals.NoteOnTracks();
  for (const std::string& note : {doubled, of_tracks}) {
    if (!note.empty()) report.warnings.push_back(note);
  }
  if (from_tracks && animals.untracked() > 0) {
    report.warnings.push_back(std::to_string(animals.untracked()) +
                              " labels have no track and kept the name of their category");
  }
  if (kept_name > 0) {
    report.warnings.push_back(std::to_string(kept_name) +
                              " labels were left under their former name: an import never changes "
                              "labels that are there");
  }
  if (kept_kind > 0) {
    report.warnings.push_back(std::to_string(kept_kind) +
                              " labels were left as the project has them: a crowd there and none "
                              "in the file, or the other way round");
  }
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
