#include "datasets/store/writer.h"

#include <cmath>

#include "datasets/store/codec.h"
#include "datasets/store/connection.h"
#include "datasets/store/names.h"
#include "datasets/store/owner.h"
#include "datasets/store/part_rows.h"
#include "datasets/store/points.h"
#include "datasets/store/reader.h"

namespace datasets {
namespace {

std::optional<std::string> NullIfEmpty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::optional<Id> FirstId(Statement rows) {
  return rows.Step() ? std::optional<Id>(rows.Int(0)) : std::nullopt;
}

int Count(Connection& connection, const char* sql) {
  auto row = connection.Query(sql);
  row.Step();
  return static_cast<int>(row.Int(0));
}

void CheckName(const std::string& what, const std::string& name) {
  if (name.empty()) throw Error(what, "the name is empty", "give it a name");
}

void CheckFinite(const AnnotationRow& annotation) {
  for (const double value : {annotation.box.x, annotation.box.y, annotation.box.width,
                             annotation.box.height, annotation.area}) {
    if (!std::isfinite(value)) {
      throw Error("annotation", "its box or area is not a number", "give finite values");
    }
  }
}

void CheckChanged(Connection& connection, const std::string& thing, Id id) {
  if (sqlite3_changes(connection.handle()) == 0) {
    throw Error(thing + " " + std::to_string(id), "it is not in the project any more");
  }
}

}  // namespace

Id Writer::InsertVideo(const VideoRow& video, const VideoIndex& index,
                       const Background& background) {
  CheckName("video", video.name);
  const Id id = connection_.Insert(
      "INSERT INTO videos (name, path, fingerprint, width, height, frame_count, fps, time_base_num,"
      " time_base_den, static_camera, background_residual, added_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      video.name, FileName{video.path}, video.fingerprint, video.width, video.height,
      video.frame_count, video.fps, index.time_base_num, index.time_base_den,
      background.static_camera, background.residual, NowMs());
  std::optional<Blob> picture;
  if (!background.bgr.empty()) picture = Blob{PackPicture(background.bgr)};
  connection_.Run(
      "INSERT INTO video_data (video_id, pts, key_frames, background)"
      " VALUES (?, ?, ?, ?)",
      id, Blob{PackIntegers(index.pts)},
      Blob{PackIntegers({index.key_frames.begin(), index.key_frames.end()})}, picture);
  InsertParts(connection_, id, video.parts);
  return id;
}

void Writer::SetVideoPath(Id video_id, const std::string& path) {
  connection_.Run("UPDATE videos SET path = ? WHERE id = ?", FileName{path}, video_id);
  CheckChanged(connection_, "video", video_id);
}

void Writer::SetFrameHashes(Id video_id, const nlohmann::json& hash_by_frame) {
  connection_.Run("UPDATE video_data SET frame_hashes = ? WHERE video_id = ?", hash_by_frame.dump(),
                  video_id);
}

Id Writer::FindOrInsertCategory(const std::string& name, const std::string& supercategory) {
  CheckName("animal", name);
  if (auto id = FirstId(connection_.Query("SELECT id FROM categories WHERE name = ?", name))) {
    return *id;
  }
  const int order = Count(connection_, "SELECT coalesce(max(sort_order) + 1, 0) FROM categories");
  return connection_.Insert(
      "INSERT INTO categories (name, supercategory, color, sort_order) VALUES (?, ?, ?, ?)", name,
      supercategory, PaletteColor(order), order);
}

void Writer::UpdateCategory(const CategoryRow& category) {
  CheckName("animal", category.name);
  connection_.Run(
      "UPDATE categories SET name = ?, supercategory = ?, color = ?, sort_order = ?"
      " WHERE id = ?",
      category.name, category.supercategory, category.color, category.sort_order, category.id);
  CheckChanged(connection_, "animal", category.id);
}

Id Writer::FindOrInsertTrack(Id video_id, Id category_id, std::optional<int64_t> external_id) {
  if (auto id = FirstId(connection_.Query("SELECT id FROM tracks WHERE video_id = ?"
                                          " AND category_id = ? AND external_id IS ?",
                                          video_id, category_id, external_id))) {
    return *id;
  }
  return connection_.Insert(
      "INSERT INTO tracks (video_id, category_id, external_id) VALUES (?, ?, ?)", video_id,
      category_id, external_id);
}

Id Writer::FindOrInsertImage(Id video_id, int frame_index, int width, int height) {
  if (auto id = FirstId(connection_.Query(
          "SELECT id FROM images WHERE video_id = ? AND frame_index = ?", video_id, frame_index))) {
    return *id;
  }
  return connection_.Insert(
      "INSERT INTO images (video_id, frame_index, width, height, state)"
      " VALUES (?, ?, ?, ?, 'started')",
      video_id, frame_index, width, height);
}

Id Writer::FindOrInsertPicture(const std::string& path, int width, int height) {
  if (auto id = FirstId(connection_.Query("SELECT id FROM images WHERE path = ?", path))) {
    return *id;
  }
  return connection_.Insert(
      "INSERT INTO images (path, width, height, state)"
      " VALUES (?, ?, ?, 'started')",
      path, width, height);
}

void Writer::SetImageState(Id image_id, ImageState state) {
  connection_.Run("UPDATE images SET state = ? WHERE id = ?", NameOf(state), image_id);
  CheckChanged(connection_, "image", image_id);
}

void Writer::SetImageSplit(Id image_id, const std::string& split) {
  connection_.Run("UPDATE images SET split = ? WHERE id = ?", NullIfEmpty(split), image_id);
  CheckChanged(connection_, "image", image_id);
}

Id Writer::InsertAnnotation(const AnnotationRow& annotation) {
  CheckFinite(annotation);
  const auto& rle = annotation.rle;
  const Id id = connection_.Insert(
      "INSERT INTO annotations (image_id, category_id, track_id, x, y, width, height, area,"
      " iscrowd, keyframe, occluded, source, job_id, author, updated_at, polygons, rle, rle_height,"
      " rle_width, extra)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      annotation.image_id, annotation.category_id, annotation.track_id, annotation.box.x,
      annotation.box.y, annotation.box.width, annotation.box.height, annotation.area,
      annotation.iscrowd, annotation.keyframe, annotation.occluded, NameOf(annotation.source),
      annotation.job_id, annotation.author, NowMs(),
      annotation.polygons.empty() ? std::nullopt
                                  : std::optional<std::string>(PolygonsToJson(annotation.polygons)),
      rle ? std::optional<std::string>(CompressRle(*rle)) : std::nullopt,
      rle ? std::optional<int>(rle->height) : std::nullopt,
      rle ? std::optional<int>(rle->width) : std::nullopt, NullIfEmpty(annotation.extra_json));
  if (!annotation.key_points.empty()) InsertPointsOfLabel(connection_, id, annotation.key_points);
  return id;
}

void Writer::UpdateAnnotation(const AnnotationRow& annotation) {
  CheckFinite(annotation);
  const auto& rle = annotation.rle;
  connection_.Run(
      "UPDATE annotations SET image_id = ?, category_id = ?, track_id = ?, x = ?, y = ?, width = ?,"
      " height = ?, area = ?, iscrowd = ?, keyframe = ?, occluded = ?, source = ?, job_id = ?,"
      " author = ?, updated_at = ?, polygons = ?, rle = ?, rle_height = ?, rle_width = ?,"
      " extra = ? WHERE id = ?",
      annotation.image_id, annotation.category_id, annotation.track_id, annotation.box.x,
      annotation.box.y, annotation.box.width, annotation.box.height, annotation.area,
      annotation.iscrowd, annotation.keyframe, annotation.occluded, NameOf(annotation.source),
      annotation.job_id, annotation.author, NowMs(),
      annotation.polygons.empty() ? std::nullopt
                                  : std::optional<std::string>(PolygonsToJson(annotation.polygons)),
      rle ? std::optional<std::string>(CompressRle(*rle)) : std::nullopt,
      rle ? std::optional<int>(rle->height) : std::nullopt,
      rle ? std::optional<int>(rle->width) : std::nullopt, NullIfEmpty(annotation.extra_json),
      annotation.id);
  CheckChanged(connection_, "annotation", annotation.id);
}

void Writer::DeleteAnnotation(Id id) {
  connection_.Run("DELETE FROM annotations WHERE id = ?", id);
  CheckChanged(connection_, "annotation", id);
}

Id Writer::FindOrInsertBehavior(const BehaviorRow& behavior) {
  CheckName("behavior", behavior.name);
  if (auto id =
          FirstId(connection_.Query("SELECT id FROM behaviors WHERE name = ?", behavior.name))) {
    return *id;
  }
  const int order = Count(connection_, "SELECT count(*) FROM behaviors");
  return connection_.Insert(
      "INSERT INTO behaviors (name, is_point, exclusion_group, color, shortcut)"
      " VALUES (?, ?, ?, ?, ?)",
      behavior.name, behavior.is_point, behavior.exclusion_group,
      behavior.color ? behavior.color : PaletteColor(order), behavior.shortcut);
}

void Writer::UpdateBehavior(const BehaviorRow& behavior) {
  CheckName("behavior", behavior.name);
  connection_.Run(
      "UPDATE behaviors SET name = ?, is_point = ?, exclusion_group = ?, color = ?,"
      " shortcut = ? WHERE id = ?",
      behavior.name, behavior.is_point, behavior.exclusion_group, behavior.color, behavior.shortcut,
      behavior.id);
  CheckChanged(connection_, "behavior", behavior.id);
}

Id Writer::InsertBehaviorInterval(const BehaviorIntervalRow& interval) {
  return connection_.Insert(
      "INSERT INTO behavior_intervals (video_id, track_id, subject, behavior_id, start_frame,"
      " end_frame, present, source, author, note, flagged, updated_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      interval.video_id, interval.track_id, interval.subject, interval.behavior_id,
      interval.start_frame, interval.end_frame, interval.present, NameOf(interval.source),
      interval.author, interval.note, interval.flagged, NowMs());
}

void Writer::UpdateBehaviorInterval(const BehaviorIntervalRow& interval) {
  connection_.Run(
      "UPDATE behavior_intervals SET video_id = ?, track_id = ?, subject = ?,"
      " behavior_id = ?, start_frame = ?, end_frame = ?, present = ?, source = ?,"
      " author = ?, note = ?, flagged = ?, updated_at = ? WHERE id = ?",
      interval.video_id, interval.track_id, interval.subject, interval.behavior_id,
      interval.start_frame, interval.end_frame, interval.present, NameOf(interval.source),
      interval.author, interval.note, interval.flagged, NowMs(), interval.id);
  CheckChanged(connection_, "behavior interval", interval.id);
}

void Writer::DeleteBehaviorInterval(Id id) {
  connection_.Run("DELETE FROM behavior_intervals WHERE id = ?", id);
  CheckChanged(connection_, "behavior interval", id);
}

Id Writer::InsertRegion(const RegionRow& region) {
  return connection_.Insert("INSERT INTO regions (video_id, name, polygons) VALUES (?, ?, ?)",
                            region.video_id, region.name, PolygonsToJson(region.polygons));
}

void Writer::DeleteRegion(Id id) { connection_.Run("DELETE FROM regions WHERE id = ?", id); }

void Writer::SetSetting(const std::string& key, const std::string& value) {
  connection_.Run(
      "INSERT INTO settings (key, value) VALUES (?, ?)"
      " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      key, value);
}

void InsertParts(Connection& connection, Id video_id, const std::vector<VideoPart>& parts) {
  int number = 0;
  for (const VideoPart& part : parts) {
    connection.Run(
        "INSERT INTO video_parts (video_id, part, path, fingerprint, frame_count, start_ms, ticks,"
        " shift) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        video_id, number++, FileName{part.path}, part.fingerprint, part.frame_count, part.start_ms,
        part.ticks, part.shift);
  }
}

void SetPartPath(Connection& connection, Id video_id, size_t part, const std::string& path) {
  connection.Run("UPDATE video_parts SET path = ? WHERE video_id = ? AND part = ?", FileName{path},
                 video_id, static_cast<int64_t>(part));
  if (part == 0) {
    connection.Run("UPDATE videos SET path = ? WHERE id = ?", FileName{path}, video_id);
  }
}

}  // namespace datasets
