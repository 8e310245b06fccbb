#include "datasets/store/schema/schema.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "datasets/store/copy.h"
#include "datasets/store/schema/schema_check.h"
#include "datasets/store/schema/views.h"
#include "datasets/store/transaction.h"

namespace datasets {
namespace {

// Ids of AUTOINCREMENT tables are never used twice, so that a stored edit or decision can never
// point at a stranger. Big blobs live in tables of their own, so that lists of rows stay small.
const char* const kVersion1 = R"sql(
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE videos (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, path TEXT NOT NULL,
  fingerprint TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  frame_count INTEGER NOT NULL, fps REAL NOT NULL,
  time_base_num INTEGER NOT NULL, time_base_den INTEGER NOT NULL,
  static_camera INTEGER NOT NULL CHECK (static_camera IN (0,1)),
  background_residual REAL NOT NULL, added_at INTEGER NOT NULL) STRICT;
CREATE INDEX videos_by_fingerprint ON videos (fingerprint);
CREATE TABLE video_data (
  video_id INTEGER PRIMARY KEY REFERENCES videos ON DELETE CASCADE,
  pts BLOB NOT NULL, key_frames BLOB NOT NULL,
  frame_hashes TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(frame_hashes)),
  background BLOB) STRICT;
CREATE TABLE images (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER REFERENCES videos, frame_index INTEGER,
  path TEXT UNIQUE, width INTEGER NOT NULL, height INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new','started','done','empty')),
  split TEXT CHECK (split IN ('train','val','test')),
  CHECK ((video_id IS NULL) = (frame_index IS NULL)), CHECK ((video_id IS NULL) != (path IS NULL)),
  CHECK (frame_index >= 0), UNIQUE (video_id, frame_index)) STRICT;
CREATE TABLE categories (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  supercategory TEXT NOT NULL, color INTEGER NOT NULL, sort_order INTEGER NOT NULL) STRICT;
CREATE TABLE identities (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, color INTEGER NOT NULL) STRICT;
CREATE TABLE tracks (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  category_id INTEGER NOT NULL REFERENCES categories, identity_id INTEGER REFERENCES identities,
  external_id INTEGER) STRICT;
CREATE INDEX tracks_by_video ON tracks (video_id, category_id, external_id);
CREATE TABLE models (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, architecture TEXT NOT NULL,
  weights_path TEXT NOT NULL, weights_sha256 TEXT NOT NULL,
  config TEXT NOT NULL CHECK (json_valid(config)), metrics TEXT NOT NULL CHECK (json_valid(metrics)),
  parent_id INTEGER REFERENCES models, job_id INTEGER REFERENCES jobs,
  created_at INTEGER NOT NULL) STRICT;
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,
  options TEXT NOT NULL CHECK (json_valid(options)),
  state TEXT NOT NULL
    CHECK (state IN ('queued','running','done','failed','cancelled','interrupted')),
  error TEXT NOT NULL DEFAULT '', model_id INTEGER REFERENCES models, owner TEXT NOT NULL,
  created_at INTEGER NOT NULL, finished_at INTEGER) STRICT;
CREATE TABLE annotations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, image_id INTEGER NOT NULL REFERENCES images,
  category_id INTEGER NOT NULL REFERENCES categories, track_id INTEGER REFERENCES tracks,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL, area REAL NOT NULL,
  iscrowd INTEGER NOT NULL CHECK (iscrowd IN (0,1)),
  keyframe INTEGER NOT NULL CHECK (keyframe IN (0,1)),
  occluded INTEGER NOT NULL CHECK (occluded IN (0,1)),
  source TEXT NOT NULL CHECK (source IN ('drawn','accepted','imported','interpolated')),
  job_id INTEGER REFERENCES jobs, author TEXT NOT NULL, updated_at INTEGER NOT NULL,
  polygons TEXT CHECK (polygons IS NULL OR json_valid(polygons)),
  rle TEXT, rle_height INTEGER, rle_width INTEGER,
  key_points TEXT CHECK (key_points IS NULL OR json_valid(key_points)),
  extra TEXT CHECK (extra IS NULL OR json_valid(extra)),
  CHECK ((rle IS NULL) = (rle_height IS NULL) AND (rle IS NULL) = (rle_width IS NULL))) STRICT;
CREATE INDEX annotations_by_image ON annotations (image_id);
CREATE INDEX annotations_by_track ON annotations (track_id) WHERE track_id IS NOT NULL;
CREATE TABLE behaviors (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
  is_point INTEGER NOT NULL CHECK (is_point IN (0,1)), exclusion_group TEXT NOT NULL,
  color INTEGER NOT NULL, shortcut TEXT NOT NULL) STRICT;
CREATE TABLE behavior_intervals (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  track_id INTEGER REFERENCES tracks, subject TEXT NOT NULL,
  behavior_id INTEGER NOT NULL REFERENCES behaviors,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  present INTEGER NOT NULL CHECK (present IN (0,1)),
  source TEXT NOT NULL CHECK (source IN ('drawn','accepted','imported','interpolated')),
  author TEXT NOT NULL, updated_at INTEGER NOT NULL,
  CHECK (start_frame >= 0 AND end_frame > start_frame)) STRICT;
CREATE INDEX behavior_intervals_by_video ON behavior_intervals (video_id, start_frame);
CREATE TABLE predictions (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos, frame_index INTEGER NOT NULL,
  category_id INTEGER NOT NULL REFERENCES categories, tracklet INTEGER NOT NULL,
  score REAL NOT NULL, confidence REAL NOT NULL,
  x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
  outline BLOB, rle TEXT, rle_height INTEGER, rle_width INTEGER) STRICT;
CREATE INDEX predictions_by_frame ON predictions (job_id, video_id, frame_index);
CREATE TABLE prediction_corrections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL, video_id INTEGER NOT NULL
    REFERENCES videos, start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('swap','reject')),
  category_id INTEGER REFERENCES categories, other_category_id INTEGER REFERENCES categories,
  author TEXT NOT NULL, created_at INTEGER NOT NULL,
  CHECK (end_frame > start_frame),
  CHECK (kind != 'swap' OR (category_id IS NOT NULL AND other_category_id IS NOT NULL))) STRICT;
CREATE INDEX prediction_corrections_by_job ON prediction_corrections (job_id, video_id);
CREATE TABLE behavior_predictions (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos, subject TEXT NOT NULL,
  behavior_id INTEGER NOT NULL REFERENCES behaviors,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL, score REAL NOT NULL,
  CHECK (end_frame > start_frame)) STRICT;
CREATE INDEX behavior_predictions_by_video ON behavior_predictions (job_id, video_id, start_frame);
CREATE TABLE review_items (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL, reason_code TEXT NOT NULL,
  reason TEXT NOT NULL, score REAL NOT NULL,
  animals TEXT NOT NULL CHECK (json_valid(animals)), CHECK (end_frame > start_frame)) STRICT;
CREATE INDEX review_items_by_job ON review_items (job_id, score);
CREATE TABLE review_decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, item_id INTEGER NOT NULL, job_id INTEGER NOT NULL,
  video_id INTEGER NOT NULL REFERENCES videos,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL, reason_code TEXT NOT NULL,
  score REAL NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted','corrected','rejected','skipped')),
  author TEXT NOT NULL, seconds REAL NOT NULL, decided_at INTEGER NOT NULL,
  CHECK (end_frame > start_frame)) STRICT;
CREATE INDEX review_decisions_by_span
  ON review_decisions (job_id, video_id, start_frame, end_frame, reason_code);
CREATE TABLE edits (
  id INTEGER PRIMARY KEY AUTOINCREMENT, label TEXT NOT NULL,
  changes TEXT NOT NULL CHECK (json_valid(changes)),
  state TEXT NOT NULL CHECK (state IN ('done','undone','dropped')),
  video_id INTEGER, frame_index INTEGER, author TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE INDEX edits_by_state ON edits (state, id);
)sql";

// Probabilities of behaviors, frame by frame (store/behavior_scores.h); bouts with a confidence;
// the review queue asks about them too.
const char* const kVersion2 = R"sql(
CREATE TABLE behavior_series (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos, subject TEXT NOT NULL,
  behavior_id INTEGER NOT NULL REFERENCES behaviors,
  UNIQUE (job_id, video_id, subject, behavior_id)) STRICT;
CREATE INDEX behavior_series_by_video ON behavior_series (video_id, job_id);
CREATE TABLE behavior_scores (
  id INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL REFERENCES behavior_series ON DELETE CASCADE,
  chunk INTEGER NOT NULL CHECK (chunk >= 0), scores BLOB NOT NULL,
  UNIQUE (series_id, chunk)) STRICT;
ALTER TABLE behavior_predictions ADD COLUMN confidence REAL NOT NULL DEFAULT 0;
UPDATE behavior_predictions SET confidence = score;
ALTER TABLE review_items ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE review_items ADD COLUMN behavior_id INTEGER REFERENCES behaviors;
ALTER TABLE review_decisions ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE review_decisions ADD COLUMN behavior_id INTEGER REFERENCES behaviors;
)sql";

// Places of a picture (arenas, a nest) that behaviors are marked for.
const char* const kVersion3 = R"sql(
CREATE TABLE regions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  name TEXT NOT NULL, polygons TEXT NOT NULL CHECK (json_valid(polygons)),
  UNIQUE (video_id, name)) STRICT;
)sql";

// Meetings (store/meetings/): where names can change hands, from what the program decided, and what
// people decided about them, which outlives the prediction: `meeting_decisions` refers to a job and
// a meeting that may be gone.
const char* const kVersion4 = R"sql(
CREATE TABLE meetings (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('contact','gap','jump')),
  exchange REAL NOT NULL CHECK (exchange BETWEEN 0 AND 1),
  CHECK (start_frame >= 0 AND end_frame > start_frame)) STRICT;
CREATE INDEX meetings_by_video ON meetings (job_id, video_id, start_frame);
CREATE TABLE meeting_animals (
  id INTEGER PRIMARY KEY, meeting_id INTEGER NOT NULL REFERENCES meetings ON DELETE CASCADE,
  category_id INTEGER NOT NULL REFERENCES categories, number INTEGER NOT NULL,
  before_tracklet INTEGER, before_frame INTEGER, after_tracklet INTEGER, after_frame INTEGER,
  split_agreement REAL, away INTEGER NOT NULL CHECK (away IN (0,1)), UNIQUE (meeting_id, number),
  CHECK ((before_tracklet IS NULL) = (before_frame IS NULL)),
  CHECK ((after_tracklet IS NULL) = (after_frame IS NULL))) STRICT;
CREATE TABLE meeting_ways (
  id INTEGER PRIMARY KEY, meeting_id INTEGER NOT NULL REFERENCES meetings ON DELETE CASCADE,
  before_number INTEGER NOT NULL, after_number INTEGER NOT NULL,
  probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
  appearance REAL NOT NULL, motion REAL NOT NULL,
  UNIQUE (meeting_id, before_number, after_number)) STRICT;
CREATE TABLE name_evidence (
  id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
  video_id INTEGER NOT NULL REFERENCES videos,
  evidence TEXT NOT NULL CHECK (json_valid(evidence)), UNIQUE (job_id, video_id)) STRICT;
CREATE TABLE meeting_decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  job_id INTEGER NOT NULL, meeting_id INTEGER NOT NULL,
  start_frame INTEGER NOT NULL, end_frame INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('keep','exchange','unsure')), exchange REAL NOT NULL,
  author TEXT NOT NULL, seconds REAL NOT NULL, decided_at INTEGER NOT NULL,
  CHECK (start_frame >= 0 AND end_frame > start_frame)) STRICT;
CREATE INDEX meeting_decisions_by_video ON meeting_decisions (video_id, start_frame);
CREATE TABLE known_pairs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, decision_id INTEGER NOT NULL REFERENCES meeting_decisions,
  before_frame INTEGER NOT NULL, after_frame INTEGER NOT NULL,
  before_tracklet INTEGER NOT NULL, after_tracklet INTEGER NOT NULL,
  before_outline TEXT NOT NULL CHECK (json_valid(before_outline)),
  after_outline TEXT NOT NULL CHECK (json_valid(after_outline)),
  CHECK (before_frame >= 0 AND after_frame > before_frame)) STRICT;
CREATE INDEX known_pairs_by_decision ON known_pairs (decision_id);
)sql";

// Skeletons, and points of labels and predictions as rows (store/points.h); what version 4 kept of
// COCO's key points as text becomes such rows, one skeleton for each list of names. Old edits drop
// that text.
const char* const kVersion5 = R"sql(
CREATE TABLE skeletons (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE skeleton_points (
  id INTEGER PRIMARY KEY AUTOINCREMENT, skeleton_id INTEGER NOT NULL REFERENCES skeletons,
  name TEXT NOT NULL, sort_order INTEGER NOT NULL, color INTEGER NOT NULL,
  partner_id INTEGER REFERENCES skeleton_points) STRICT;
CREATE INDEX skeleton_points_by_skeleton ON skeleton_points (skeleton_id, sort_order);
CREATE INDEX skeleton_points_by_partner ON skeleton_points (partner_id)
  WHERE partner_id IS NOT NULL;
CREATE TABLE skeleton_edges (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  from_point_id INTEGER NOT NULL REFERENCES skeleton_points,
  to_point_id INTEGER NOT NULL REFERENCES skeleton_points,
  CHECK (from_point_id != to_point_id), UNIQUE (from_point_id, to_point_id)) STRICT;
CREATE INDEX skeleton_edges_by_end ON skeleton_edges (to_point_id);
CREATE TABLE annotation_points (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  annotation_id INTEGER NOT NULL REFERENCES annotations ON DELETE CASCADE,
  point_id INTEGER NOT NULL REFERENCES skeleton_points, x REAL NOT NULL, y REAL NOT NULL,
  visible INTEGER NOT NULL CHECK (visible IN (0,1)), UNIQUE (annotation_id, point_id)) STRICT;
CREATE INDEX annotation_points_by_point ON annotation_points (point_id);
CREATE TABLE prediction_points (
  id INTEGER PRIMARY KEY,
  prediction_id INTEGER NOT NULL REFERENCES predictions ON DELETE CASCADE,
  point_id INTEGER NOT NULL REFERENCES skeleton_points, x REAL NOT NULL, y REAL NOT NULL,
  confidence REAL NOT NULL, UNIQUE (prediction_id, point_id)) STRICT;
CREATE INDEX prediction_points_by_point ON prediction_points (point_id);
INSERT INTO skeletons (name) SELECT names FROM
  (SELECT (SELECT json_group_array(value ->> 0) FROM json_each(annotations.key_points)
   WHERE type = 'array' AND typeof(value ->> 0) = 'text') AS names, min(id) AS first
   FROM annotations WHERE key_points IS NOT NULL GROUP BY names)
  WHERE names != '[]' ORDER BY first;
INSERT INTO skeleton_points (skeleton_id, name, sort_order, color)
  SELECT skeletons.id, value, min(key), 0 FROM skeletons, json_each(skeletons.name)
  GROUP BY skeletons.id, value ORDER BY skeletons.id, min(key);
INSERT OR IGNORE INTO annotation_points (annotation_id, point_id, x, y, visible)
  SELECT annotations.id, skeleton_points.id, point.value ->> 1, point.value ->> 2,
   (point.value ->> 3) = 2
  FROM annotations JOIN json_each(annotations.key_points) AS point
  JOIN skeletons ON skeletons.name =
   (SELECT json_group_array(value ->> 0) FROM json_each(annotations.key_points)
    WHERE type = 'array' AND typeof(value ->> 0) = 'text')
  JOIN skeleton_points ON skeleton_points.skeleton_id = skeletons.id
  WHERE annotations.key_points IS NOT NULL AND point.type = 'array'
   AND skeleton_points.name = point.value ->> 0 AND point.value ->> 3 IN (1, 2)
   AND typeof(point.value ->> 1) IN ('integer', 'real')
   AND typeof(point.value ->> 2) IN ('integer', 'real')
  ORDER BY annotations.id, skeleton_points.id;
UPDATE skeletons SET name = 'animal' || CASE id WHEN 1 THEN '' ELSE '_' || id END;
ALTER TABLE annotations DROP COLUMN key_points;
UPDATE edits SET changes =
  (SELECT json_group_array(json_remove(value, '$.before.key_points', '$.after.key_points'))
   FROM json_each(edits.changes))
  WHERE changes LIKE '%"key_points"%' AND json_type(changes) = 'array'
   AND NOT EXISTS (SELECT 1 FROM json_each(edits.changes) WHERE type != 'object');
)sql";

// Predicted points say whether they are hidden; older ones did not, and were taken to be seen.
const char* const kVersion6 = R"sql(
ALTER TABLE prediction_points ADD COLUMN visible INTEGER NOT NULL DEFAULT 1
  CHECK (visible IN (0,1));
)sql";

// Animals that share a name are exchanged by their numbers.
const char* const kVersion7 = R"sql(
ALTER TABLE prediction_corrections ADD COLUMN number INTEGER;
ALTER TABLE prediction_corrections ADD COLUMN other_number INTEGER;
)sql";

// How pixels of a video become centimetres (space/calibration.h).
const char* const kVersion8 = R"sql(
CREATE TABLE calibrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL UNIQUE REFERENCES videos,
  calibration TEXT NOT NULL CHECK (json_valid(calibration))) STRICT;
)sql";

// What people note about bouts, frames and whole videos (no frame_index), and flags to find them
// again (store/notes/).
const char* const kVersion10 = R"sql(
ALTER TABLE behavior_intervals ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE behavior_intervals ADD COLUMN flagged INTEGER NOT NULL DEFAULT 0
  CHECK (flagged IN (0,1));
CREATE TABLE notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, video_id INTEGER NOT NULL REFERENCES videos,
  frame_index INTEGER CHECK (frame_index >= 0), note TEXT NOT NULL,
  flagged INTEGER NOT NULL CHECK (flagged IN (0,1)), author TEXT NOT NULL,
  updated_at INTEGER NOT NULL, UNIQUE (video_id, frame_index)) STRICT;
CREATE UNIQUE INDEX notes_of_videos ON notes (video_id) WHERE frame_index IS NULL;
)sql";

// What videos differ in by design (store/factors/factor_store.h).
const char* const kVersion11 = R"sql(
CREATE TABLE factors (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE CHECK (name <> '')) STRICT;
CREATE TABLE factor_values (
  id INTEGER PRIMARY KEY AUTOINCREMENT, factor_id INTEGER NOT NULL REFERENCES factors,
  video_id INTEGER NOT NULL REFERENCES videos, value TEXT NOT NULL CHECK (value <> ''),
  UNIQUE (factor_id, video_id)) STRICT;
CREATE INDEX factor_values_by_video ON factor_values (video_id);
)sql";

const char* const kVersion12 = R"sql(
CREATE TABLE video_parts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  video_id INTEGER NOT NULL REFERENCES videos ON DELETE CASCADE,
  part INTEGER NOT NULL CHECK (part >= 0), path TEXT NOT NULL, fingerprint TEXT NOT NULL,
  frame_count INTEGER NOT NULL CHECK (frame_count > 0), start_ms INTEGER NOT NULL,
  ticks INTEGER NOT NULL CHECK (ticks > 0), shift INTEGER NOT NULL,
  UNIQUE (video_id, part)) STRICT;
CREATE INDEX video_parts_by_fingerprint ON video_parts (fingerprint);
)sql";

void LeaveCopy(Connection& connection, int version) {
  std::filesystem::path copy = connection.file();
  copy += ".v" + std::to_string(version) + ".bak";
  std::filesystem::path older = copy;
  older += "2";  // of another file that once had this name, or of an interrupted attempt
  CopyTo(connection, copy, older);
}

std::set<std::string> TableNames(Connection& connection) {
  std::set<std::string> names;
  auto rows = connection.Query("SELECT name FROM sqlite_schema WHERE type = 'table'");
  while (rows.Step()) names.insert(rows.Text(0));
  return names;
}

}  // namespace

const Migrations& ProjectMigrations() {
  static const Migrations migrations = {kVersion1, kVersion2,  kVersion3,  kVersion4,
                                        kVersion5, kVersion6,  kVersion7,  kVersion8,
                                        kVersion9, kVersion10, kVersion11, kVersion12};
  return migrations;
}

int OlderVersion(const std::filesystem::path& file) {
  // The places of both numbers: https://sqlite.org/fileformat.html, 1.3.
  unsigned char header[100] = {};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(header), sizeof(header))) return 0;
  const auto number_at = [&](int at) {
    return static_cast<uint32_t>(header[at]) << 24 | static_cast<uint32_t>(header[at + 1]) << 16 |
           static_cast<uint32_t>(header[at + 2]) << 8 | header[at + 3];
  };
  const uint32_t version = number_at(60);
  const auto newest = static_cast<uint32_t>(ProjectMigrations().size());
  return number_at(68) == kApplicationId && version > 0 && version < newest
             ? static_cast<int>(version)
             : 0;
}

int SchemaVersion(Connection& connection) {
  auto row = connection.Query("PRAGMA user_version");
  row.Step();
  return static_cast<int>(row.Int(0));
}

void CheckIsProject(Connection& connection, const Migrations& migrations) {
  const std::string thing = "project '" + connection.file().string() + "'";
  {
    auto row = connection.Query("PRAGMA application_id");
    row.Step();
    if (row.Int(0) != kApplicationId) {
      throw Error(thing, "the file is not a Vole project", "give a file that 'vole new' has made");
    }
  }
  {
    auto row = connection.Query("PRAGMA page_size");
    row.Step();
    std::error_code failure;
    const auto bytes = std::filesystem::file_size(connection.file(), failure);
    if (!failure && bytes % static_cast<uintmax_t>(row.Int(0)) != 0) {
      throw DatabaseError(SQLITE_CORRUPT, thing, "the file is damaged (its end is missing)",
                          "restore a copy of it (vole restore), or save what can be read (vole "
                          "recover)");
    }
  }
  const int version = SchemaVersion(connection);
  if (version > static_cast<int>(migrations.size())) {
    throw Error(thing,
                "it was written by a newer Vole (file version " + std::to_string(version) +
                    ", this program knows up to " + std::to_string(migrations.size()) + ")",
                "install a newer Vole");
  }
  if (version > 0 && &migrations == &ProjectMigrations()) CheckSchema(connection, version);
}

void Migrate(Connection& connection, const Migrations& migrations, bool leave_copy) {
  const int newest = static_cast<int>(migrations.size());
  const int found = SchemaVersion(connection);
  if (found >= newest) return;
  if (leave_copy && !TableNames(connection).empty()) LeaveCopy(connection, found);
  const TrustedTables compared(connection);
  for (int version = found; version < newest; ++version) {
    Transaction transaction(connection);
    if (SchemaVersion(connection) > version) continue;  // another process has been faster
    connection.Script(migrations[static_cast<size_t>(version)]);
    connection.Script("PRAGMA application_id = " + std::to_string(kApplicationId) +
                      "; PRAGMA user_version = " + std::to_string(version + 1) + ";");
    transaction.Commit();
  }
}

const std::vector<std::string>& HumanTables() {
  static const std::vector<std::string> tables = {"images",
                                                  "categories",
                                                  "identities",
                                                  "tracks",
                                                  "annotations",
                                                  "behaviors",
                                                  "behavior_intervals",
                                                  "prediction_corrections",
                                                  "review_decisions",
                                                  "regions",
                                                  "meeting_decisions",
                                                  "known_pairs",
                                                  "skeletons",
                                                  "skeleton_points",
                                                  "skeleton_edges",
                                                  "annotation_points",
                                                  "calibrations",
                                                  "notes",
                                                  "factors",
                                                  "factor_values"};
  return tables;
}

}  // namespace datasets
