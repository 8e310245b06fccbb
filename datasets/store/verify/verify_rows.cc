#include "datasets/store/verify/verify_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "datasets/base/encoding.h"
#include "datasets/store/codec.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/names.h"
#include "datasets/store/reader.h"
#include "datasets/store/schema/schema_check.h"
#include "datasets/store/score_series.h"
#include "datasets/store/verify/verify_calibrations.h"
#include "datasets/store/verify/verify_meetings.h"
#include "datasets/store/verify/verify_notes.h"
#include "datasets/store/verify/verify_parts.h"

namespace datasets {
namespace {

constexpr int kCheckedBetweenReports = 2000;

class RowCheck {
 public:
  RowCheck(Connection& connection, Job& job, Findings* findings)
      : connection_(connection), job_(job), findings_(*findings) {}

  void Run() {
    Structure();
    Texts();
    Videos();
    Images();
    Labels();
    Tracks();
    Skeletons();
    Points();
    Predictions();
    Intervals();
    Scores();
    Meetings();
    Json();
    Edits();
  }

 private:
  using Look = std::function<void(const Statement& row, Id id)>;

  // Calls `look` with every row that `sql` gives (its first column is the row's id in `table`).
  // Whatever a row makes it throw becomes a finding of `code`.
  void ForEach(const std::string& code, const std::string& table, const char* sql,
               const Look& look) {
    Id last = 0;
    try {
      auto rows = connection_.Query(sql);
      for (int64_t number = 0; rows.Step(); ++number) {
        if (number % kCheckedBetweenReports == 0) job_.Advance(0, 0, "checking " + table);
        last = rows.Int(0);
        try {
          look(rows, last);
        } catch (const Cancelled&) {
          throw;
        } catch (const std::exception& error) {
          Add(code, table, last, error.what());
        }
      }
    } catch (const Cancelled&) {
      throw;
    } catch (const std::exception& error) {
      findings_.Add(
          "database",
          fmt::format("{}: after row {} no more can be read: {}", table, last, error.what()),
          table);
    }
  }

  void Add(const std::string& code, const std::string& table, Id id, const std::string& text) {
    findings_.Add(code, fmt::format("row {} of {}: {}", id, table, ShownText(text)), table, id);
  }

  void Structure() {
    job_.Advance(0, 0, "checking the database");
    try {
      auto rows = connection_.Query("PRAGMA integrity_check(100000)");
      while (rows.Step()) {
        if (rows.Text(0) != "ok") {
          findings_.Add("database", "the file is damaged: " + ShownText(rows.Text(0)));
        }
      }
    } catch (const Error& error) {
      findings_.Add("database", error.what());
    }
    try {
      auto rows = connection_.Query("PRAGMA foreign_key_check");
      while (rows.Step()) {
        Add("reference", rows.Text(0), rows.Int(1),
            "it refers to a row of " + rows.Text(2) + " that does not exist");
      }
    } catch (const Error& error) {
      findings_.Add("database", error.what());
    }
  }

  // Only paths may hold what is not UTF-8: files are named in bytes.
  void Texts() {
    for (const std::string& table : ProjectTables()) {
      std::vector<std::string> columns;
      try {
        auto names =
            connection_.Query("SELECT name FROM pragma_table_info(?) WHERE type = 'TEXT'", table);
        while (names.Step()) {
          const std::string name = names.Text(0);
          if (name != "path" && name != "weights_path") columns.push_back(name);
        }
      } catch (const Error& error) {
        findings_.Add("database", error.what(), table);
      }
      if (columns.empty()) continue;
      std::string sql = "SELECT rowid";
      for (const std::string& column : columns) sql += ", " + column;
      sql += " FROM " + table;
      ForEach("text", table, sql.c_str(), [&](const Statement& row, Id id) {
        for (size_t i = 0; i < columns.size(); ++i) {
          const std::string text = row.Text(static_cast<int>(i) + 1);
          if (!IsUtf8(text)) {
            Add("text", table, id,
                "its " + columns[i] + " '" + text.substr(0, 100) + "' is not UTF-8");
          }
        }
      });
    }
  }

  void Videos() {
    const Reader reader(connection_);
    ForEach("video", "videos", "SELECT id FROM videos ORDER BY id",
            [&](const Statement&, Id id) { reader.VideoById(id); });
    ForEach("video", "video_data", "SELECT video_id FROM video_data ORDER BY video_id",
            [&](const Statement&, Id id) {
              reader.IndexOf(id);
              const nlohmann::json hashes = reader.FrameHashes(id);
              for (const auto& [frame, hash] : hashes.items()) {
                if (!FrameNumber(frame) || !hash.is_string()) {
                  Add("video", "video_data", id, "the hash of frame '" + frame + "' is damaged");
                }
              }
            });
    ForEach("video", "video_data",
            "SELECT video_id FROM video_data WHERE background IS NOT NULL ORDER BY video_id",
            [&](const Statement&, Id id) { reader.BackgroundOf(id); });
    ForEach("video", "video_parts", kPartRows, CheckPartRow);
    ForEach("video", "videos",
            "SELECT id FROM videos WHERE id NOT IN (SELECT video_id FROM video_data)",
            [&](const Statement&, Id id) { Add("video", "videos", id, "it has no frame index"); });
  }

  void Images() {
    ForEach("image", "images",
            "SELECT images.id, frame_index, frame_count, images.width, images.height, videos.width,"
            " videos.height, videos.name, images.state FROM images"
            " LEFT JOIN videos ON videos.id = images.video_id",
            [&](const Statement& row, Id id) {
              ImageStateOf(row.Text(8));
              if (row.Int(3) <= 0 || row.Int(4) <= 0) {
                Add("image", "images", id,
                    fmt::format("its size is {} x {}", row.Int(3), row.Int(4)));
              }
              if (row.IsNull(2)) return;
              if (row.Int(3) != row.Int(5) || row.Int(4) != row.Int(6)) {
                Add("image", "images", id,
                    fmt::format("its size is {} x {}, its video's {} x {}", row.Int(3), row.Int(4),
                                row.Int(5), row.Int(6)));
              }
              if (row.Int(1) < 0 || row.Int(1) >= row.Int(2)) {
                Add("image", "images", id,
                    fmt::format("frame {} is outside of the video '{}' with {} frames", row.Int(1),
                                row.Text(7), row.Int(2)));
              }
            });
  }

  void Outline(const std::string& table, Id id, const Polygons& polygons) {
    for (const Ring& ring : polygons) {
      try {
        CheckRing(ring, "outline");
      } catch (const Error& error) {
        Add("polygon", table, id, error.what());
      }
    }
  }

  void Mask(const std::string& table, const Statement& row, Id id, int column) {
    const int64_t height = row.Int(column + 1), width = row.Int(column + 2);
    if (height != row.Int(column + 3) || width != row.Int(column + 4)) {
      Add("mask", table, id,
          fmt::format("its mask is {} x {}, the frame {} x {}", width, height, row.Int(column + 4),
                      row.Int(column + 3)));
      return;
    }
    try {
      ParseRle(row.Text(column), static_cast<int>(height), static_cast<int>(width));
    } catch (const Error& error) {
      Add("mask", table, id, error.what());
    }
  }

  void Labels() {
    ForEach("polygon", "annotations",
            "SELECT annotations.id, annotations.polygons, annotations.rle, annotations.rle_height,"
            " annotations.rle_width, images.height, images.width FROM annotations"
            " JOIN images ON images.id = annotations.image_id",
            [&](const Statement& row, Id id) {
              if (!row.IsNull(2)) Mask("annotations", row, id, 2);
              if (!row.IsNull(1)) Outline("annotations", id, PolygonsFromJson(row.Text(1)));
            });
    const Reader reader(connection_);
    ForEach("row", "annotations",
            "SELECT id FROM annotations WHERE source NOT IN"
            " ('drawn', 'accepted', 'imported', 'interpolated')",
            [&](const Statement&, Id id) { reader.AnnotationById(id); });
    ForEach("row", "annotations", "SELECT id, x, y, width, height, area FROM annotations",
            [&](const Statement& row, Id id) {
              for (int column = 1; column <= 5; ++column) {
                if (!std::isfinite(row.Real(column))) {
                  Add("row", "annotations", id, "its box or area is not a finite number");
                  return;
                }
              }
            });
    ForEach("polygon", "regions", "SELECT id, polygons FROM regions",
            [&](const Statement& row, Id id) {
              Outline("regions", id, PolygonsFromJson(row.Text(1)));
            });
    ForEach("calibration", "calibrations", kCalibrationRows, CheckCalibrationRow);
    ForEach("note", "notes", kNoteRows, [](const Statement& row, Id) { CheckNoteRow(row); });
  }

  // No animal stands twice in a frame: one of the two labels is another's.
  void Tracks() {
    ForEach(
        "track", "tracks",
        "SELECT tracks.id, coalesce(external_id, tracks.id), categories.name, frame_index,"
        " videos.name, count(*)"
        " FROM annotations JOIN images ON images.id = image_id JOIN tracks ON tracks.id = track_id"
        " JOIN categories ON categories.id = annotations.category_id"
        " JOIN videos ON videos.id = images.video_id WHERE iscrowd = 0"
        " GROUP BY image_id, track_id HAVING count(*) > 1",
        [&](const Statement& row, Id id) {
          findings_.Add("track",
                        "track " + row.Text(1) + " ('" + row.Text(2) + "') stands " + row.Text(5) +
                            " times in frame " + row.Text(3) + " of the video '" + row.Text(4) +
                            "': the same track twice is an error of identity",
                        "tracks", id);
        });
  }

  void Skeletons() {
    ForEach("skeleton", "skeleton_points",
            "SELECT max(skeleton_points.id), skeletons.name, skeleton_points.name, count(*)"
            " FROM skeleton_points JOIN skeletons ON skeletons.id = skeleton_id"
            " GROUP BY skeleton_id, skeleton_points.name"
            " HAVING count(*) > 1 OR skeleton_points.name = ''",
            [&](const Statement& row, Id id) {
              Add("skeleton", "skeleton_points", id,
                  row.Text(2).empty()
                      ? fmt::format("a point of the skeleton '{}' has no name", row.Text(1))
                      : fmt::format("{} points of the skeleton '{}' are called '{}'", row.Int(3),
                                    row.Text(1), row.Text(2)));
            });
    ForEach("skeleton", "skeleton_points",
            "SELECT point.id, point.name, partner.name FROM skeleton_points AS point"
            " JOIN skeleton_points AS partner ON partner.id = point.partner_id"
            " WHERE partner.partner_id IS NOT point.id OR partner.skeleton_id != point.skeleton_id"
            " OR partner.id = point.id",
            [&](const Statement& row, Id id) {
              Add("skeleton", "skeleton_points", id,
                  fmt::format("'{}' has the partner '{}', which is not its partner in turn",
                              row.Text(1), row.Text(2)));
            });
    ForEach("skeleton", "skeleton_edges",
            "SELECT edge.id FROM skeleton_edges AS edge"
            " JOIN skeleton_points AS a ON a.id = from_point_id"
            " JOIN skeleton_points AS b ON b.id = to_point_id WHERE a.skeleton_id != b.skeleton_id",
            [&](const Statement&, Id id) {
              Add("skeleton", "skeleton_edges", id, "it joins points of two skeletons");
            });
    ForEach("skeleton", "skeletons",
            "SELECT id, name FROM skeletons WHERE id NOT IN"
            " (SELECT skeleton_id FROM skeleton_points)",
            [&](const Statement& row, Id id) {
              Add("skeleton", "skeletons", id,
                  fmt::format("the skeleton '{}' has no points", row.Text(1)));
            });
  }

  // That a point belongs to a skeleton at all, the check of references says.
  void Points() {
    ForEach(
        "point", "annotation_points",
        "SELECT point.id, name, point.x, point.y, images.width, images.height"
        " FROM annotation_points AS point JOIN annotations ON annotations.id = annotation_id"
        " JOIN images ON images.id = image_id JOIN skeleton_points AS part ON part.id = point_id"
        " WHERE NOT (point.x BETWEEN 0 AND images.width AND point.y BETWEEN 0 AND"
        " images.height)",
        [&](const Statement& row, Id id) {
          Add("point", "annotation_points", id,
              fmt::format("'{}' at {}, {} is outside of its picture of {} x {}", row.Text(1),
                          row.Real(2), row.Real(3), row.Int(4), row.Int(5)));
        });
    ForEach("point", "annotations",
            "SELECT annotation_id, count(DISTINCT skeleton_id) FROM annotation_points"
            " JOIN skeleton_points ON skeleton_points.id = point_id"
            " GROUP BY annotation_id HAVING count(DISTINCT skeleton_id) > 1",
            [&](const Statement& row, Id id) {
              Add("point", "annotations", id,
                  fmt::format("its points are of {} skeletons", row.Int(1)));
            });
    ForEach("point", "prediction_points", "SELECT id, x, y, confidence FROM prediction_points",
            [&](const Statement& row, Id id) {
              if (!(row.Real(3) >= 0 && row.Real(3) <= 1) || !std::isfinite(row.Real(1)) ||
                  !std::isfinite(row.Real(2))) {
                Add("point", "prediction_points", id,
                    fmt::format("it stands at {}, {} with confidence {}", row.Real(1), row.Real(2),
                                row.Real(3)));
              }
            });
  }

  void Predictions() {
    ForEach("prediction", "predictions",
            "SELECT predictions.id, outline, rle, rle_height, rle_width, videos.height,"
            " videos.width, frame_index, frame_count, confidence, score"
            " FROM predictions JOIN videos ON videos.id = video_id",
            [&](const Statement& row, Id id) {
              if (!row.IsNull(2)) Mask("predictions", row, id, 2);
              if (row.Int(7) < 0 || row.Int(7) >= row.Int(8)) {
                Add("image", "predictions", id,
                    fmt::format("frame {} is outside of its video", row.Int(7)));
              }
              if (!(row.Real(9) >= 0 && row.Real(9) <= 1)) {
                Add("prediction", "predictions", id,
                    fmt::format("its confidence is {}", row.Real(9)));
              }
              try {
                if (!row.IsNull(1)) UnpackPolygons(row.Bytes(1));
              } catch (const Error& error) {
                Add("polygon", "predictions", id, error.what());
              }
            });
  }

  void Intervals() {
    for (const char* table : {"behavior_intervals", "behavior_predictions"}) {
      const std::string sql = fmt::format(
          "SELECT {0}.id, start_frame, end_frame, videos.name, frame_count FROM {0}"
          " JOIN videos ON videos.id = video_id"
          " WHERE start_frame < 0 OR end_frame > frame_count OR end_frame <= start_frame",
          table);
      ForEach("interval", table, sql.c_str(), [&](const Statement& row, Id id) {
        Add("interval", table, id,
            fmt::format("it goes from frame {} to {}, outside of the video '{}' with {} frames",
                        row.Int(1), row.Int(2), row.Text(3), row.Int(4)));
      });
    }
  }

  void Scores() {
    ForEach("scores", "behavior_scores",
            "SELECT behavior_scores.id, chunk, scores, frame_count FROM behavior_scores"
            " JOIN behavior_series ON behavior_series.id = series_id"
            " JOIN videos ON videos.id = video_id",
            [&](const Statement& row, Id id) {
              const auto frames = static_cast<int64_t>(UnpackScores(row.Bytes(2)).size());
              const int64_t chunk = row.Int(1);
              if (chunk > row.Int(3) || chunk * kScoreChunkFrames + frames > row.Int(3)) {
                Add("scores", "behavior_scores", id,
                    fmt::format("they go on after the video's {} frames", row.Int(3)));
              }
            });
  }

  void Meetings() {
    for (const char* table : {"meetings", "meeting_decisions"}) {
      const std::string sql = fmt::format(
          "SELECT {0}.id, start_frame, end_frame, videos.name, frame_count, exchange FROM {0}"
          " JOIN videos ON videos.id = video_id",
          table);
      ForEach("meeting", table, sql.c_str(), [&](const Statement& row, Id id) {
        if (row.Int(1) < 0 || row.Int(2) > row.Int(4) || row.Int(2) <= row.Int(1)) {
          Add("meeting", table, id,
              fmt::format("it goes from frame {} to {}, outside of the video '{}' with {} frames",
                          row.Int(1), row.Int(2), row.Text(3), row.Int(4)));
        }
        if (!(row.Real(5) >= 0 && row.Real(5) <= 1)) {
          Add("meeting", table, id,
              fmt::format("its probability of an exchange is {}", row.Real(5)));
        }
      });
    }
    ForEach(
        "meeting", "meetings",
        "SELECT meetings.id, count(meeting_animals.id) FROM meetings LEFT JOIN meeting_animals"
        " ON meeting_id = meetings.id GROUP BY meetings.id HAVING count(meeting_animals.id) < 2",
        [&](const Statement& row, Id id) {
          Add("meeting", "meetings", id,
              fmt::format("a meeting of {} animals is none", row.Int(1)));
        });
    ForEach(
        "meeting", "meeting_animals",
        "SELECT animal.id, before_frame, after_frame, frame_count FROM meeting_animals AS animal"
        " JOIN meetings ON meetings.id = meeting_id JOIN videos ON videos.id = video_id",
        [&](const Statement& row, Id id) {
          for (const int column : {1, 2}) {
            if (!row.IsNull(column) && (row.Int(column) < 0 || row.Int(column) >= row.Int(3))) {
              Add("meeting", "meeting_animals", id,
                  fmt::format("frame {} is outside of its video", row.Int(column)));
            }
          }
        });
    std::map<std::pair<Id, Id>, MeetingNames> names;  // by job and video
    ForEach("meeting", "name_evidence", "SELECT id, job_id, video_id, evidence FROM name_evidence",
            [&](const Statement& row, Id) {
              names.emplace(std::pair(row.Int(1), row.Int(2)), MeetingNames(row.Text(3)));
            });
    ForEach("meeting", "meeting_animals",
            "SELECT animal.id, job_id, video_id, number, before_tracklet, after_tracklet"
            " FROM meeting_animals AS animal JOIN meetings ON meetings.id = meeting_id",
            [&](const Statement& row, Id id) {
              const auto own = names.find({row.Int(1), row.Int(2)});
              if (own == names.end()) return;
              const std::string wrong =
                  own->second.Wrong(row.Int(3), {row.OptionalInt(4), row.OptionalInt(5)});
              if (!wrong.empty()) Add("meeting", "meeting_animals", id, wrong);
            });
    ForEach("meeting", "known_pairs",
            "SELECT pair.id, before_frame, after_frame, frame_count, before_outline, after_outline"
            " FROM known_pairs AS pair JOIN meeting_decisions AS decision"
            " ON decision.id = decision_id JOIN videos ON videos.id = video_id",
            [&](const Statement& row, Id id) {
              if (row.Int(1) < 0 || row.Int(2) <= row.Int(1) || row.Int(2) >= row.Int(3)) {
                Add("meeting", "known_pairs", id,
                    fmt::format("its frames {} and {} are not two of the video's {}", row.Int(1),
                                row.Int(2), row.Int(3)));
              }
              Outline("known_pairs", id, PolygonsFromJson(row.Text(4)));
              Outline("known_pairs", id, PolygonsFromJson(row.Text(5)));
            });
  }

  // Texts that are read as JSON elsewhere.
  void Json() {
    struct Column {
      const char* table;
      const char* sql;
    };
    for (const Column& column :
         {Column{"models", "SELECT id, config FROM models"},
          Column{"models", "SELECT id, metrics FROM models"},
          Column{"jobs", "SELECT id, options FROM jobs"},
          Column{"review_items", "SELECT id, animals FROM review_items"},
          Column{"name_evidence", "SELECT id, evidence FROM name_evidence"},
          Column{"annotations", "SELECT id, extra FROM annotations WHERE extra IS NOT NULL"}}) {
      ForEach("row", column.table, column.sql, [&](const Statement& row, Id id) {
        if (!nlohmann::json::accept(row.Text(1))) {
          Add("row", column.table, id, "it holds text that is not JSON");
        }
      });
    }
  }

  void Edits() {
    ForEach("edit", "edits", "SELECT id, label, changes FROM edits",
            [&](const Statement& row, Id id) {
              const auto changes = nlohmann::json::parse(row.Text(2), nullptr, false);
              bool sound = changes.is_array();
              for (const auto& change : sound ? changes : nlohmann::json::array()) {
                sound = sound && change.is_object() && change.contains("table") &&
                        change["table"].is_string() && change.contains("id") &&
                        change["id"].is_number_integer();
              }
              if (!sound) Add("edit", "edits", id, "'" + row.Text(1) + "' is damaged");
            });
  }

  Connection& connection_;
  Job& job_;
  Findings& findings_;
};

}  // namespace

void VerifyRows(Connection& connection, Job& job, Findings* findings) {
  RowCheck(connection, job, findings).Run();
}

}  // namespace datasets
