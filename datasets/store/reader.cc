#include "datasets/store/reader.h"

#include <algorithm>
#include <limits>
#include <opencv2/imgcodecs.hpp>

#include "datasets/store/behavior_order.h"
#include "datasets/store/codec.h"
#include "datasets/store/names.h"
#include "datasets/store/part_rows.h"
#include "datasets/store/points.h"
#include "datasets/video/picture_file.h"

namespace datasets {
namespace {

constexpr int64_t kMostFrames = 1'000'000'000;

#define VOLE_VIDEO_COLUMNS \
  "id, name, path, fingerprint, width, height, frame_count, fps, static_camera"
#define VOLE_IMAGE_COLUMNS                                                                    \
  "images.id, images.video_id, images.frame_index, images.path, images.width, images.height," \
  " images.state, images.split"
#define VOLE_ANNOTATION_COLUMNS                                                             \
  "annotations.id, annotations.image_id, annotations.category_id, annotations.track_id,"    \
  " annotations.x, annotations.y, annotations.width, annotations.height, annotations.area," \
  " annotations.iscrowd, annotations.keyframe, annotations.occluded, annotations.source,"   \
  " annotations.job_id, annotations.author, annotations.polygons, annotations.rle,"         \
  " annotations.rle_height, annotations.rle_width, annotations.extra"
#define VOLE_INTERVAL_COLUMNS                                                                      \
  "id, video_id, track_id, subject, behavior_id, start_frame, end_frame, present, source, author," \
  " note, flagged"

[[noreturn]] void DamagedVideo(Id id, const std::string& cause) {
  throw Error("video " + std::to_string(id), cause + ": its row in the project is damaged",
              "restore a copy of the project (vole restore), or add the video again");
}

VideoRow VideoFrom(const Statement& row) {
  const std::string size = SizeDamage(row.Int(4), row.Int(5));
  if (!size.empty()) DamagedVideo(row.Int(0), size);
  if (row.Int(6) < 0 || row.Int(6) > kMostFrames) {
    DamagedVideo(row.Int(0), "it has " + std::to_string(row.Int(6)) + " frames");
  }
  VideoRow video;
  video.id = row.Int(0);
  video.name = row.Text(1);
  video.path = row.Text(2);
  video.fingerprint = row.Text(3);
  video.width = static_cast<int>(row.Int(4));
  video.height = static_cast<int>(row.Int(5));
  video.frame_count = static_cast<int>(row.Int(6));
  video.fps = row.Real(7);
  video.static_camera = row.Bool(8);
  return video;
}

ImageRow ImageFrom(const Statement& row) {
  ImageRow image;
  image.id = row.Int(0);
  image.video_id = row.OptionalInt(1);
  if (!row.IsNull(2)) image.frame_index = static_cast<int>(row.Int(2));
  if (!row.IsNull(3)) image.path = row.Text(3);
  image.width = static_cast<int>(row.Int(4));
  image.height = static_cast<int>(row.Int(5));
  image.state = ImageStateOf(row.Text(6));
  image.split = row.Text(7);
  return image;
}

AnnotationRow AnnotationFrom(const Statement& row, int first) {
  AnnotationRow annotation;
  int column = first;
  annotation.id = row.Int(column++);
  annotation.image_id = row.Int(column++);
  annotation.category_id = row.Int(column++);
  annotation.track_id = row.OptionalInt(column++);
  annotation.box.x = row.Real(column++);
  annotation.box.y = row.Real(column++);
  annotation.box.width = row.Real(column++);
  annotation.box.height = row.Real(column++);
  annotation.area = row.Real(column++);
  annotation.iscrowd = row.Bool(column++);
  annotation.keyframe = row.Bool(column++);
  annotation.occluded = row.Bool(column++);
  annotation.source = LabelSourceOf(row.Text(column++));
  annotation.job_id = row.OptionalInt(column++);
  annotation.author = row.Text(column++);
  if (!row.IsNull(column)) annotation.polygons = PolygonsFromJson(row.Text(column));
  ++column;
  if (!row.IsNull(column)) {
    annotation.rle = ParseRle(row.Text(column), static_cast<int>(row.Int(column + 1)),
                              static_cast<int>(row.Int(column + 2)));
  }
  annotation.extra_json = row.Text(column + 3);
  return annotation;
}

BehaviorIntervalRow IntervalFrom(const Statement& row) {
  BehaviorIntervalRow interval;
  interval.id = row.Int(0);
  interval.video_id = row.Int(1);
  interval.track_id = row.OptionalInt(2);
  interval.subject = row.Text(3);
  interval.behavior_id = row.Int(4);
  interval.start_frame = static_cast<int>(row.Int(5));
  interval.end_frame = static_cast<int>(row.Int(6));
  interval.present = row.Bool(7);
  interval.source = LabelSourceOf(row.Text(8));
  interval.author = row.Text(9);
  interval.note = row.Text(10);
  interval.flagged = row.Bool(11);
  return interval;
}

template <class Make>
auto Collect(Statement rows, Make make) {
  std::vector<decltype(make(rows))> result;
  while (rows.Step()) result.push_back(make(rows));
  return result;
}

#define VOLE_PART_COLUMNS "video_id, path, fingerprint, frame_count, start_ms, ticks, shift"

void AddPart(const Statement& row, std::vector<VideoPart>* parts) {
  int64_t first = 0;
  if (!parts->empty()) {
    first = int64_t{parts->back().first_frame} + parts->back().frame_count;
  }
  const int64_t frames = row.Int(3);
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (frames <= 0 || first + frames > kMost) {
    throw Error("video " + std::to_string(row.Int(0)),
                "part " + std::to_string(parts->size() + 1) + " has " + std::to_string(frames) +
                    " frames: its row in the project is damaged",
                "restore a copy of the project (vole restore), or add the video again");
  }
  VideoPart part;
  part.path = row.Text(1);
  part.fingerprint = row.Text(2);
  part.first_frame = static_cast<int>(first);
  part.frame_count = static_cast<int>(frames);
  part.start_ms = row.Int(4);
  part.ticks = row.Int(5);
  part.shift = row.Int(6);
  parts->push_back(std::move(part));
}

template <class Make>
auto First(Statement rows, Make make) -> std::optional<decltype(make(rows))> {
  if (!rows.Step()) return std::nullopt;
  return make(rows);
}

}  // namespace

std::vector<Id> Reader::VideoIds() const {
  return Collect(connection_.Query("SELECT id FROM videos ORDER BY id"),
                 [](const Statement& row) { return row.Int(0); });
}

std::vector<VideoRow> Reader::Videos() const {
  auto videos = Collect(connection_.Query("SELECT " VOLE_VIDEO_COLUMNS " FROM videos ORDER BY id"),
                        VideoFrom);
  FillParts(connection_, &videos);
  return videos;
}

std::optional<VideoRow> Reader::VideoById(Id id) const {
  auto video = First(
      connection_.Query("SELECT " VOLE_VIDEO_COLUMNS " FROM videos WHERE id = ?", id), VideoFrom);
  if (video) video->parts = ReadParts(connection_, id);
  return video;
}

std::optional<VideoRow> Reader::VideoByFingerprint(const std::string& fingerprint) const {
  const auto id = First(
      connection_.Query("SELECT id FROM videos WHERE fingerprint = ? ORDER BY id", fingerprint),
      [](const Statement& row) { return row.Int(0); });
  return id ? VideoById(*id) : std::nullopt;
}

VideoIndex Reader::IndexOf(Id video_id) const {
  auto row = connection_.Query(
      "SELECT width, height, fps, time_base_num, time_base_den, fingerprint, pts, key_frames,"
      " frame_count FROM videos JOIN video_data ON video_data.video_id = videos.id"
      " WHERE videos.id = ?",
      video_id);
  if (!row.Step()) throw Error("video " + std::to_string(video_id), "it is not in the project");
  const auto whole = [&](int column) {
    const int64_t value = row.Int(column);
    return value == static_cast<int>(value) ? static_cast<int>(value) : -1;
  };
  VideoIndex index;
  index.width = whole(0);
  index.height = whole(1);
  index.fps = row.Real(2);
  index.time_base_num = whole(3);
  index.time_base_den = whole(4);
  index.fingerprint = row.Text(5);
  try {
    index.pts = UnpackIntegers(row.Bytes(6));
    for (const int64_t frame : UnpackIntegers(row.Bytes(7))) {
      const bool fits = frame == static_cast<int32_t>(frame);
      index.key_frames.push_back(fits ? static_cast<int32_t>(frame) : -1);
    }
  } catch (const Error&) {
    DamagedVideo(video_id, "its frame index cannot be read");
  }
  index.parts = ReadParts(connection_, video_id);
  if (static_cast<int64_t>(index.pts.size()) != row.Int(8)) {
    DamagedVideo(video_id, "its frame index lists " + std::to_string(index.pts.size()) +
                               " frames instead of " + std::to_string(row.Int(8)));
  }
  if (const std::string damage = IndexDamage(index); !damage.empty()) {
    DamagedVideo(video_id, damage);
  }
  return index;
}

Background Reader::BackgroundOf(Id video_id) const {
  auto row = connection_.Query(
      "SELECT static_camera, background_residual, background, width, height"
      " FROM videos JOIN video_data ON video_data.video_id = videos.id WHERE videos.id = ?",
      video_id);
  if (!row.Step()) throw Error("video " + std::to_string(video_id), "it is not in the project");
  Background background;
  background.static_camera = row.Bool(0);
  background.residual = row.Real(1);
  if (!row.IsNull(2)) {
    const std::string png = row.Bytes(2);
    const cv::Size size = PngSize(png);  // before a few bytes become gigabytes
    if (size.width == row.Int(3) && size.height == row.Int(4)) {
      try {
        background.bgr = cv::imdecode(std::vector<uchar>(png.begin(), png.end()), cv::IMREAD_COLOR);
      } catch (const cv::Exception&) {
      }
    }
    if (background.bgr.empty()) DamagedVideo(video_id, "its stored background is damaged");
  }
  return background;
}

nlohmann::json Reader::FrameHashes(Id video_id) const {
  auto row = connection_.Query("SELECT frame_hashes FROM video_data WHERE video_id = ?", video_id);
  if (!row.Step()) return nlohmann::json::object();
  nlohmann::json hashes = nlohmann::json::parse(row.Text(0), nullptr, false);
  if (!hashes.is_object()) DamagedVideo(video_id, "its hashes of frames cannot be read");
  return hashes;
}

std::vector<CategoryRow> Reader::Categories() const {
  return Collect(connection_.Query("SELECT id, name, supercategory, color, sort_order"
                                   " FROM categories ORDER BY sort_order, id"),
                 [](const Statement& row) {
                   return CategoryRow{row.Int(0), row.Text(1), row.Text(2),
                                      static_cast<uint32_t>(row.Int(3)),
                                      static_cast<int>(row.Int(4))};
                 });
}

std::vector<TrackRow> Reader::Tracks(Id video_id) const {
  return Collect(connection_.Query("SELECT id, video_id, category_id, external_id"
                                   " FROM tracks WHERE video_id = ? ORDER BY id",
                                   video_id),
                 [](const Statement& row) {
                   return TrackRow{row.Int(0), row.Int(1), row.Int(2), row.OptionalInt(3)};
                 });
}

std::vector<ImageRow> Reader::Images() const {
  return Collect(connection_.Query("SELECT " VOLE_IMAGE_COLUMNS
                                   " FROM images ORDER BY video_id, frame_index, id"),
                 ImageFrom);
}

std::vector<ImageRow> Reader::ImagesOfVideo(Id video_id) const {
  return Collect(connection_.Query("SELECT " VOLE_IMAGE_COLUMNS
                                   " FROM images WHERE video_id = ? ORDER BY frame_index",
                                   video_id),
                 ImageFrom);
}

std::string Reader::SplitOfVideo(Id video_id) const {
  auto any = connection_.Query(
      "SELECT split FROM images WHERE video_id = ? AND state <> 'new' LIMIT 1", video_id);
  if (!any.Step() || any.IsNull(0)) return "";
  const std::string split = any.Text(0);
  if (split != "val" && split != "test") return "";
  auto other = connection_.Query(
      "SELECT 1 FROM images WHERE video_id = ? AND state <> 'new' AND split IS NOT ? LIMIT 1",
      video_id, split);
  return other.Step() ? "" : split;
}

std::vector<ImageRow> Reader::ImagesBetween(Id video_id, int start_frame, int end_frame) const {
  return Collect(connection_.Query("SELECT " VOLE_IMAGE_COLUMNS " FROM images WHERE video_id = ?"
                                   " AND frame_index >= ? AND frame_index < ? ORDER BY frame_index",
                                   video_id, start_frame, end_frame),
                 ImageFrom);
}

std::optional<ImageRow> Reader::ImageById(Id id) const {
  return First(connection_.Query("SELECT " VOLE_IMAGE_COLUMNS " FROM images WHERE id = ?", id),
               ImageFrom);
}

std::optional<ImageRow> Reader::ImageAt(Id video_id, int frame_index) const {
  return First(connection_.Query("SELECT " VOLE_IMAGE_COLUMNS
                                 " FROM images WHERE video_id = ? AND frame_index = ?",
                                 video_id, frame_index),
               ImageFrom);
}

std::optional<AnnotationRow> Reader::AnnotationById(Id id) const {
  auto label = First(
      connection_.Query("SELECT " VOLE_ANNOTATION_COLUMNS " FROM annotations WHERE id = ?", id),
      [](const Statement& row) { return AnnotationFrom(row, 0); });
  if (label) {
    for (KeyPoint& point : PointsOfLabel(connection_, id)) label->key_points.push_back(point);
  }
  return label;
}

std::vector<AnnotationRow> Reader::AnnotationsOfImage(Id image_id) const {
  auto labels = Collect(connection_.Query("SELECT " VOLE_ANNOTATION_COLUMNS
                                          " FROM annotations WHERE image_id = ? ORDER BY id",
                                          image_id),
                        [](const Statement& row) { return AnnotationFrom(row, 0); });
  ReadPointsOfImage(connection_, image_id, &labels);
  return labels;
}

void Reader::ForEachAnnotation(
    Id video_id,
    const std::function<void(const ImageRow&, const std::vector<AnnotationRow>&)>& visit) const {
  constexpr int kImageColumns = 8;
  auto rows =
      connection_.Query("SELECT " VOLE_IMAGE_COLUMNS ", " VOLE_ANNOTATION_COLUMNS
                        " FROM images LEFT JOIN annotations ON annotations.image_id = images.id"
                        " WHERE images.video_id IS nullif(?, 0)"
                        " ORDER BY images.video_id, images.frame_index, images.id, annotations.id",
                        video_id);
  std::optional<ImageRow> image;
  std::vector<AnnotationRow> annotations;
  const bool any_points = AnyLabelPoints(connection_);
  const auto visit_image = [&] {
    if (any_points) ReadPointsOfImage(connection_, image->id, &annotations);
    visit(*image, annotations);
  };
  while (rows.Step()) {
    if (!image || image->id != rows.Int(0)) {
      if (image) visit_image();
      image = ImageFrom(rows);
      annotations.clear();
    }
    if (!rows.IsNull(kImageColumns)) annotations.push_back(AnnotationFrom(rows, kImageColumns));
  }
  if (image) visit_image();
}

std::vector<Skeleton> Reader::Skeletons() const { return ReadSkeletons(connection_); }

int Reader::CountLabeledFrames(Id video_id) const {
  auto row = connection_.Query(
      "SELECT count(*) FROM images WHERE video_id IS nullif(?, 0) AND (state IN ('done', 'empty')"
      " OR EXISTS (SELECT 1 FROM annotations WHERE annotations.image_id = images.id))",
      video_id);
  row.Step();
  return static_cast<int>(row.Int(0));
}

std::vector<BehaviorRow> Reader::Behaviors() const {
  std::vector<BehaviorRow> behaviors = Collect(
      connection_.Query("SELECT id, name, is_point, exclusion_group, color, shortcut"
                        " FROM behaviors ORDER BY id"),
      [](const Statement& row) {
        return BehaviorRow{
            row.Int(0), row.Text(1), row.Bool(2), row.Text(3), static_cast<uint32_t>(row.Int(4)),
            row.Text(5)};
      });
  const auto order = nlohmann::json::parse(Setting(kBehaviorOrderSetting, "[]"), nullptr, false);
  if (!order.is_array() || order.empty()) return behaviors;
  const auto place = [&](const BehaviorRow& behavior) {
    return std::find(order.begin(), order.end(), behavior.id) - order.begin();
  };
  std::stable_sort(behaviors.begin(), behaviors.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return behaviors;
}

std::optional<BehaviorIntervalRow> Reader::BehaviorIntervalById(Id id) const {
  return First(connection_.Query(
                   "SELECT " VOLE_INTERVAL_COLUMNS " FROM behavior_intervals WHERE id = ?", id),
               IntervalFrom);
}

std::vector<BehaviorIntervalRow> Reader::BehaviorIntervals(Id video_id) const {
  return Collect(connection_.Query("SELECT " VOLE_INTERVAL_COLUMNS " FROM behavior_intervals"
                                   " WHERE video_id = ? ORDER BY start_frame, id",
                                   video_id),
                 IntervalFrom);
}

std::vector<RegionRow> Reader::Regions(Id video_id) const {
  return Collect(
      connection_.Query(
          "SELECT id, video_id, name, polygons FROM regions WHERE video_id = ? ORDER BY id",
          video_id),
      [](const Statement& row) {
        return RegionRow{row.Int(0), row.Int(1), row.Text(2), PolygonsFromJson(row.Text(3))};
      });
}

std::vector<Reader::CategoryCount> Reader::CategoryCounts() const {
  return Collect(connection_.Query("SELECT name, supercategory, (SELECT count(*) FROM annotations"
                                   " WHERE category_id = categories.id) FROM categories"
                                   " ORDER BY sort_order, id"),
                 [](const Statement& row) {
                   return CategoryCount{row.Text(0), row.Text(1), row.Int(2)};
                 });
}

Reader::Counts Reader::CountRows() const {
  auto row = connection_.Query(
      "SELECT (SELECT count(*) FROM images WHERE video_id IS NULL),"
      " (SELECT count(*) FROM annotations), (SELECT count(*) FROM behavior_intervals),"
      " (SELECT count(*) FROM predictions)");
  row.Step();
  return {row.Int(0), row.Int(1), row.Int(2), row.Int(3)};
}

std::string Reader::Setting(const std::string& key, const std::string& fallback) const {
  auto row = connection_.Query("SELECT value FROM settings WHERE key = ?", key);
  return row.Step() ? row.Text(0) : fallback;
}

std::vector<VideoPart> ReadParts(Connection& connection, Id video_id) {
  std::vector<VideoPart> parts;
  auto rows = connection.Query(
      "SELECT " VOLE_PART_COLUMNS " FROM video_parts WHERE video_id = ? ORDER BY part", video_id);
  while (rows.Step()) AddPart(rows, &parts);
  return parts;
}

void FillParts(Connection& connection, std::vector<VideoRow>* videos) {
  auto rows =
      connection.Query("SELECT " VOLE_PART_COLUMNS " FROM video_parts ORDER BY video_id, part");
  auto video = videos->begin();  // by id
  while (rows.Step()) {
    while (video != videos->end() && video->id < rows.Int(0)) ++video;
    if (video != videos->end() && video->id == rows.Int(0)) AddPart(rows, &video->parts);
  }
}

Id VideoOfPart(Connection& connection, const std::string& fingerprint) {
  auto row = connection.Query(
      "SELECT video_id FROM video_parts WHERE fingerprint = ? ORDER BY video_id", fingerprint);
  return row.Step() ? row.Int(0) : 0;
}

}  // namespace datasets
