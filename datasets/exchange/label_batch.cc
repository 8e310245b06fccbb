#include "datasets/exchange/label_batch.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/exchange/known_labels.h"
#include "datasets/store/points.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"

namespace datasets {

namespace {

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

namespace {

// What came of the labels of a batch, for the sentences of the report.
struct Kept {
  int64_t other = 0, name = 0, kind = 0;
  std::string doubled;
};

class Storing {
 public:
  Storing(const Project& project, const LabelBatch& batch, const ImportOptions& options,
          const AnimalNames& animals, Writer& writer, ImportReport* report)
      : project_(project),
        batch_(batch),
        options_(options),
        animals_(animals),
        writer_(writer),
        known_(project, batch),
        report_(report) {}

  Kept Store(Job& job) {
    StoreNames();
    StoreImages();
    std::vector<KnownLabels::Incoming> incoming;
    std::vector<const IncomingLabel*> labels;
    for (size_t i = 0; i < batch_.labels().size(); ++i) {
      if (const auto placed = Place(i)) {
        incoming.push_back(*placed);
        labels.push_back(&batch_.labels()[i]);
      } else {
        ++report_->already_present;
        ++kept_.name;
      }
    }
    const auto incomplete = known_.Incomplete(incoming);
    DoubledTracks doubles(project_);
    for (size_t i = 0; i < incoming.size(); ++i) {
      if (i % 1024 == 0) {
        job.Advance(static_cast<double>(i), static_cast<double>(incoming.size()), "storing labels");
      }
      StoreLabel(*labels[i], incoming[i], incomplete[i], doubles);
    }
    kept_.doubled = doubles.Note();
    report_->tracks = static_cast<int64_t>(tracks_.size());
    return kept_;
  }

 private:
  void StoreNames() {
    std::set<std::string> names;
    for (const CategoryRow& category : project_.Categories()) {
      names.insert(category.name);
      categories_before_[category.name] = category.id;
    }
    for (const Skeleton& skeleton : batch_.skeletons) {
      FindOrInsertSkeleton(writer_.connection(), skeleton);
    }
    for (const auto& [name, supercategory] : animals_.all()) {
      category_ids_.push_back(writer_.FindOrInsertCategory(name, supercategory));
      report_->categories += names.count(name) ? 0 : 1;
    }
  }

  void StoreImages() {
    std::vector<bool> labeled(batch_.images().size(), false);
    for (const IncomingLabel& label : batch_.labels()) labeled[label.image] = true;
    for (size_t i = 0; i < batch_.images().size(); ++i) {
      const IncomingImage& image = batch_.images()[i];
      const std::string kept = image.video_id ? SplitOf(*image.video_id) : "";
      const Id id = image.video_id
                        ? writer_.FindOrInsertImage(*image.video_id, image.frame_index, image.width,
                                                    image.height)
                        : writer_.FindOrInsertPicture(image.picture, image.width, image.height);
      image_ids_.push_back(id);
      const std::optional<ImageState> state = known_.StateOf(id);
      const bool is_new = !state || state == ImageState::kNew;
      const std::string& split = image.split.empty() && is_new ? kept : image.split;
      const bool open = !state || state == ImageState::kNew || state == ImageState::kStarted;
      const bool empty = image.empty || options_.empty_is_negative;
      if (labeled[i]) {
        if (state != ImageState::kDone) writer_.SetImageState(id, ImageState::kDone);
      } else if (empty && open && !known_.HasLabels(id)) {
        writer_.SetImageState(id, ImageState::kEmpty);
      } else if (!state) {
        writer_.SetImageState(id, ImageState::kNew);
      }
      if (!split.empty()) writer_.SetImageSplit(id, split);
    }
  }

  // Of a video that is kept for judging, before this import.
  const std::string& SplitOf(Id video_id) {
    const auto known = split_of_.find(video_id);
    if (known != split_of_.end()) return known->second;
    return split_of_[video_id] = Reader(writer_.connection()).SplitOfVideo(video_id);
  }

  // Whether the project has the label under the name of its category, which tracks now replace.
  bool HasFormerName(const IncomingLabel& label, uint64_t outline) const {
    const auto former = categories_before_.find(batch_.categories()[label.category].first);
    return options_.names_from == "tracks" && former != categories_before_.end() &&
           known_.Find(outline, former->second);
  }

  // Nothing for a label that is left under its former name.
  std::optional<KnownLabels::Incoming> Place(size_t i) {
    const IncomingLabel& label = batch_.labels()[i];
    const IncomingImage& image = batch_.images()[label.image];
    KnownLabels::Incoming incoming;
    incoming.image_id = image_ids_[label.image];
    incoming.category_id = category_ids_[animals_.OfLabel(i)];
    incoming.row = &label.row;
    const uint64_t outline = OutlineKey(incoming.image_id, label.row);
    if (!known_.Find(outline, incoming.category_id) && HasFormerName(label, outline)) {
      return std::nullopt;
    }
    if (!label.track || !image.video_id) return incoming;
    const auto key =
        std::make_pair(*image.video_id, std::make_pair(incoming.category_id, *label.track));
    auto track = tracks_.find(key);
    if (track == tracks_.end()) {
      const Id id = writer_.FindOrInsertTrack(*image.video_id, incoming.category_id, *label.track);
      track = tracks_.emplace(key, id).first;
    }
    incoming.track_id = track->second;
    return incoming;
  }

  void StoreLabel(const IncomingLabel& label, const KnownLabels::Incoming& incoming,
                  const KnownLabels::Label* incomplete, DoubledTracks& doubles) {
    const AnnotationRow& brought = label.row;
    const uint64_t outline = OutlineKey(incoming.image_id, brought);
    const KnownLabels::Label* there = known_.Find(outline, incoming.category_id);
    const bool same = there || !added_.insert({outline, incoming.category_id}).second;
    if (same) {
      kept_.kind += there && there->iscrowd != brought.iscrowd ? 1 : 0;
      const bool points =
          there && !there->has_points && AnyPoint(brought) && completed_.insert(there->id).second;
      if (points) InsertPointsOfLabel(writer_.connection(), there->id, brought.key_points);
      ++(points ? report_->completed : report_->already_present);
      return;
    }
    if (incomplete) return Complete(*incomplete, brought);
    if (incoming.track_id && !brought.iscrowd) {
      doubles.Look(batch_.images()[label.image], incoming.image_id, *label.track,
                   *incoming.track_id);
    }
    if (incoming.track_id && known_.HasTrack(incoming.image_id, *incoming.track_id)) {
      ++report_->already_present;
      ++kept_.other;
      return;
    }
    AnnotationRow row = brought;
    row.image_id = incoming.image_id;
    row.category_id = incoming.category_id;
    row.track_id = incoming.track_id;
    if (row.author.empty()) row.author = options_.author;
    writer_.InsertAnnotation(row);
    ++report_->annotations;
  }

  // Points for an outline, or an outline for points.
  void Complete(const KnownLabels::Label& label, const AnnotationRow& brought) {
    ++report_->completed;
    if (!brought.HasShape()) {
      InsertPointsOfLabel(writer_.connection(), label.id, brought.key_points);
      return;
    }
    AnnotationRow row = Reader(writer_.connection()).AnnotationById(label.id).value();
    static_cast<Outline&>(row) = brought;
    row.box = brought.box;
    row.area = brought.area;
    writer_.UpdateAnnotation(row);
  }

  static bool AnyPoint(const AnnotationRow& row) {
    return std::any_of(row.key_points.begin(), row.key_points.end(),
                       [](const KeyPoint& point) { return point.visibility > 0; });
  }

  const Project& project_;
  const LabelBatch& batch_;
  const ImportOptions& options_;
  const AnimalNames& animals_;
  Writer& writer_;
  const KnownLabels known_;
  ImportReport* report_;
  std::map<std::string, Id> categories_before_;
  std::map<Id, std::string> split_of_;  // videos
  std::vector<Id> category_ids_, image_ids_;
  std::map<std::pair<Id, std::pair<Id, int64_t>>, Id> tracks_;
  std::set<std::pair<uint64_t, Id>> added_;
  std::set<Id> completed_;
  Kept kept_;
};

// What a person should hear of labels that were left as they are.
void AddNotes(const Kept& kept, std::vector<std::string>* notes) {
  const auto add = [&](int64_t count, const std::string& text) {
    if (count > 0) notes->push_back(std::to_string(count) + text);
  };
  add(kept.name,
      " labels were left under their former name: an import never changes labels that are there");
  add(kept.kind,
      " labels were left as the project has them: a crowd there and none in the file, or the other "
      "way round");
  add(kept.other,
      " labels were left as the project has them: it holds another outline of the same track in "
      "the "
      "same frame, or other key points");
}

}  // namespace

ImportReport StoreLabels(Project& project, const LabelBatch& batch, const ImportOptions& options,
                         Job& job, const std::function<void(Writer&)>& also) {
  ImportReport report;
  report.images = static_cast<int64_t>(batch.images().size());
  const bool from_tracks = options.names_from == "tracks";
  const AnimalNames animals(batch, from_tracks && !batch.labels().empty());
  Kept kept;
  project.Write([&](Writer& writer) {
    report.annotations = report.already_present = report.categories = report.completed = 0;
    job.Advance(0, 0, "comparing with the labels that are there");
    kept = Storing(project, batch, options, animals, writer, &report).Store(job);
    if (also) also(writer);
    const int64_t asked = kept.name + (options.crowd_is_instance ? kept.kind : 0);
    if (report.annotations + report.completed == 0 && asked > 0) {
      throw Error("this import",
                  "it would change nothing: " + std::to_string(asked) +
                      " of its labels are in the project already, " +
                      (kept.name > 0 ? "under their former name" : "as crowds") +
                      ", and an import never changes labels that are there",
                  "delete those first, or import the file into a new project");
    }
  });
  report.warnings = batch.warnings;
  const std::string of_tracks = from_tracks ? "" : animals.NoteOnTracks();
  for (const std::string& note : {kept.doubled, of_tracks}) {
    if (!note.empty()) report.warnings.push_back(note);
  }
  if (from_tracks && animals.untracked() > 0) {
    report.warnings.push_back(std::to_string(animals.untracked()) +
                              " labels have no track and kept the name of their category");
  }
  AddNotes(kept, &report.warnings);
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
