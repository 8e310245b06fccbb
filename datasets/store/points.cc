#include "datasets/store/points.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "datasets/store/names.h"

namespace datasets {
namespace {

constexpr int kVisible = 2, kHidden = 1;

KeyPoint KeyPointFrom(const Statement& row, int column) {
  KeyPoint point;
  point.point_id = row.Int(column);
  point.name = row.Text(column + 1);
  point.x = row.Real(column + 2);
  point.y = row.Real(column + 3);
  point.visibility = row.Bool(column + 4) ? kVisible : kHidden;
  return point;
}

void RequireNumbers(const std::string& name, double x, double y) {
  if (!std::isfinite(x) || !std::isfinite(y)) {
    throw Error("key point '" + name + "'", "a coordinate is not a number", "give finite x and y");
  }
}

void RequireChanged(Connection& connection, const std::string& thing, Id id) {
  if (sqlite3_changes(connection.handle()) == 0) {
    throw Error(thing + " " + std::to_string(id), "it is not in the project any more");
  }
}

bool HasEveryPoint(const Skeleton& skeleton, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return PlaceOf(skeleton, name) >= 0; });
}

std::string FreeSkeletonName(const std::vector<Skeleton>& skeletons, const std::string& name) {
  std::set<std::string> taken;
  for (const Skeleton& skeleton : skeletons) taken.insert(skeleton.name);
  std::string free = name;
  for (int number = 2; taken.count(free); ++number) free = name + "_" + std::to_string(number);
  return free;
}

void InsertEdges(Connection& connection, const Skeleton& skeleton, const std::vector<Id>& ids) {
  for (const auto& [from, to] : skeleton.edges) {
    InsertSkeletonEdge(connection, ids[static_cast<size_t>(from)], ids[static_cast<size_t>(to)]);
  }
}

void SetPartners(Connection& connection, const Skeleton& skeleton, const std::vector<Id>& ids) {
  for (size_t i = 0; i < ids.size(); ++i) {
    const int partner = skeleton.points[i].partner;
    if (partner < 0) continue;
    connection.Run("UPDATE skeleton_points SET partner_id = ? WHERE id = ?",
                   ids[static_cast<size_t>(partner)], ids[i]);
  }
}

// What `known`, which has all points of `wanted`, does not say yet.
void FillInSkeleton(Connection& connection, const Skeleton& known, const Skeleton& wanted) {
  std::vector<Id> ids;
  for (const SkeletonPoint& point : wanted.points) {
    ids.push_back(known.points[static_cast<size_t>(PlaceOf(known, point.name))].id);
  }
  if (known.edges.empty()) InsertEdges(connection, wanted, ids);
  const bool has_pairs = std::any_of(known.points.begin(), known.points.end(),
                                     [](const auto& point) { return point.partner >= 0; });
  if (!has_pairs) SetPartners(connection, wanted, ids);
}

}  // namespace

std::vector<Skeleton> ReadSkeletons(Connection& connection) {
  std::vector<Skeleton> skeletons;
  auto rows = connection.Query("SELECT id, name FROM skeletons ORDER BY id");
  while (rows.Step()) {
    Skeleton skeleton;
    skeleton.id = rows.Int(0);
    skeleton.name = rows.Text(1);
    skeletons.push_back(std::move(skeleton));
  }
  for (Skeleton& skeleton : skeletons) {
    const std::vector<SkeletonPointRow> points = ReadSkeletonPoints(connection, skeleton.id);
    std::map<Id, int> places;
    for (const SkeletonPointRow& row : points) {
      const int place = static_cast<int>(places.size());
      places[row.id] = place;
      skeleton.points.push_back(
          {row.id, row.name, -1, row.color ? row.color : PaletteColor(place)});
    }
    for (size_t i = 0; i < points.size(); ++i) {
      const auto partner = places.find(points[i].partner_id.value_or(0));
      if (partner != places.end()) skeleton.points[i].partner = partner->second;
    }
    for (const SkeletonEdgeRow& edge : ReadSkeletonEdges(connection, skeleton.id)) {
      const auto from = places.find(edge.from_point_id), to = places.find(edge.to_point_id);
      if (from != places.end() && to != places.end()) {
        skeleton.edges.emplace_back(from->second, to->second);
      }
    }
  }
  return skeletons;
}

Id InsertSkeleton(Connection& connection, const Skeleton& skeleton) {
  CheckSkeleton(skeleton);
  const Id id =
      InsertSkeletonRow(connection, FreeSkeletonName(ReadSkeletons(connection), skeleton.name));
  std::vector<Id> ids;
  for (const SkeletonPoint& point : skeleton.points) {
    ids.push_back(InsertSkeletonPoint(
        connection, {0, id, point.name, static_cast<int>(ids.size()), point.color, {}}));
  }
  SetPartners(connection, skeleton, ids);
  InsertEdges(connection, skeleton, ids);
  return id;
}

Id FindOrInsertSkeleton(Connection& connection, const Skeleton& skeleton) {
  const std::vector<Skeleton> known = ReadSkeletons(connection);
  const std::vector<std::string> names = PointNames(skeleton);
  for (const bool exactly : {true, false}) {
    for (const Skeleton& one : known) {
      if (!HasEveryPoint(one, names) || (exactly && one.points.size() != names.size())) continue;
      CheckSkeleton(skeleton);
      FillInSkeleton(connection, one, skeleton);
      return one.id;
    }
  }
  return InsertSkeleton(connection, skeleton);
}

Id InsertSkeletonRow(Connection& connection, const std::string& name) {
  return connection.Insert("INSERT INTO skeletons (name) VALUES (?)", name);
}

void RenameSkeletonRow(Connection& connection, Id id, const std::string& name) {
  connection.Run("UPDATE skeletons SET name = ? WHERE id = ?", name, id);
  RequireChanged(connection, "skeleton", id);
}

void DeleteSkeletonRow(Connection& connection, Id id) {
  connection.Run("DELETE FROM skeletons WHERE id = ?", id);
  RequireChanged(connection, "skeleton", id);
}

std::vector<SkeletonPointRow> ReadSkeletonPoints(Connection& connection, Id skeleton_id) {
  auto rows = connection.Query(
      "SELECT id, skeleton_id, name, sort_order, color, partner_id FROM skeleton_points"
      " WHERE skeleton_id = ? ORDER BY sort_order, id",
      skeleton_id);
  std::vector<SkeletonPointRow> points;
  while (rows.Step()) {
    points.push_back({rows.Int(0), rows.Int(1), rows.Text(2), static_cast<int>(rows.Int(3)),
                      static_cast<uint32_t>(rows.Int(4)), rows.OptionalInt(5)});
  }
  return points;
}

Id InsertSkeletonPoint(Connection& connection, const SkeletonPointRow& point) {
  return connection.Insert(
      "INSERT INTO skeleton_points (skeleton_id, name, sort_order, color, partner_id)"
      " VALUES (?, ?, ?, ?, ?)",
      point.skeleton_id, point.name, point.sort_order, point.color, point.partner_id);
}

void UpdateSkeletonPoint(Connection& connection, const SkeletonPointRow& point) {
  connection.Run(
      "UPDATE skeleton_points SET name = ?, sort_order = ?, color = ?, partner_id = ?"
      " WHERE id = ?",
      point.name, point.sort_order, point.color, point.partner_id, point.id);
  RequireChanged(connection, "point", point.id);
}

void DeleteSkeletonPoint(Connection& connection, Id id) {
  connection.Run("DELETE FROM prediction_points WHERE point_id = ?", id);
  connection.Run("DELETE FROM skeleton_points WHERE id = ?", id);
  RequireChanged(connection, "point", id);
}

std::vector<SkeletonEdgeRow> ReadSkeletonEdges(Connection& connection, Id skeleton_id) {
  auto rows = connection.Query(
      "SELECT skeleton_edges.id, from_point_id, to_point_id FROM skeleton_edges"
      " JOIN skeleton_points ON skeleton_points.id = from_point_id WHERE skeleton_id = ?"
      " ORDER BY skeleton_edges.id",
      skeleton_id);
  std::vector<SkeletonEdgeRow> edges;
  while (rows.Step()) edges.push_back({rows.Int(0), rows.Int(1), rows.Int(2)});
  return edges;
}

Id InsertSkeletonEdge(Connection& connection, Id from_point_id, Id to_point_id) {
  return connection.Insert("INSERT INTO skeleton_edges (from_point_id, to_point_id) VALUES (?, ?)",
                           from_point_id, to_point_id);
}

void DeleteSkeletonEdge(Connection& connection, Id id) {
  connection.Run("DELETE FROM skeleton_edges WHERE id = ?", id);
  RequireChanged(connection, "edge", id);
}

std::vector<LabelPointRow> PointsOfLabel(Connection& connection, Id annotation_id) {
  auto rows = connection.Query(
      "SELECT annotation_points.id, annotation_id, point_id, name, x, y, visible"
      " FROM annotation_points JOIN skeleton_points ON skeleton_points.id = point_id"
      " WHERE annotation_id = ? ORDER BY sort_order, point_id",
      annotation_id);
  std::vector<LabelPointRow> points;
  while (rows.Step()) {
    LabelPointRow point;
    static_cast<KeyPoint&>(point) = KeyPointFrom(rows, 2);
    point.id = rows.Int(0);
    point.annotation_id = rows.Int(1);
    points.push_back(std::move(point));
  }
  return points;
}

Id LabelOfPoint(Connection& connection, Id row) {
  auto rows = connection.Query("SELECT annotation_id FROM annotation_points WHERE id = ?", row);
  return rows.Step() ? rows.Int(0) : 0;
}

std::vector<Id> LabelPointsOf(Connection& connection, Id point_id) {
  auto rows =
      connection.Query("SELECT id FROM annotation_points WHERE point_id = ? ORDER BY id", point_id);
  std::vector<Id> ids;
  while (rows.Step()) ids.push_back(rows.Int(0));
  return ids;
}

int64_t CountLabelsOfSkeleton(Connection& connection, Id skeleton_id) {
  auto row = connection.Query(
      "SELECT COUNT(DISTINCT annotation_id) FROM annotation_points"
      " JOIN skeleton_points ON skeleton_points.id = point_id WHERE skeleton_id = ?",
      skeleton_id);
  return row.Step() ? row.Int(0) : 0;
}

Id InsertLabelPoint(Connection& connection, Id annotation_id, const KeyPoint& point) {
  RequireNumbers(point.name, point.x, point.y);
  return connection.Insert(
      "INSERT INTO annotation_points (annotation_id, point_id, x, y, visible)"
      " VALUES (?, ?, ?, ?, ?)",
      annotation_id, point.point_id, point.x, point.y, point.visibility == kVisible);
}

void UpdateLabelPoint(Connection& connection, Id id, const KeyPoint& point) {
  RequireNumbers(point.name, point.x, point.y);
  connection.Run(
      "UPDATE annotation_points SET point_id = ?, x = ?, y = ?, visible = ? WHERE id = ?",
      point.point_id, point.x, point.y, point.visibility == kVisible, id);
  RequireChanged(connection, "key point", id);
}

void DeleteLabelPoint(Connection& connection, Id id) {
  connection.Run("DELETE FROM annotation_points WHERE id = ?", id);
  RequireChanged(connection, "key point", id);
}

Box BoxOfPoints(const std::vector<KeyPoint>& points) {
  Ring ring;
  for (const KeyPoint& point : points) {
    if (point.visibility > 0) ring.emplace_back(point.x, point.y);
  }
  return ring.empty() ? Box() : BoxOf({ring});
}

bool AnyLabelPoints(Connection& connection) {
  auto row = connection.Query("SELECT EXISTS (SELECT 1 FROM annotation_points)");
  return row.Step() && row.Bool(0);
}

void ReadPointsOfImage(Connection& connection, Id image_id, std::vector<AnnotationRow>* labels) {
  auto rows = connection.Query(
      "SELECT annotation_id, point_id, name, annotation_points.x, annotation_points.y, visible"
      " FROM annotations JOIN annotation_points ON annotation_id = annotations.id"
      " JOIN skeleton_points ON skeleton_points.id = point_id WHERE image_id = ?"
      " ORDER BY annotation_id, sort_order, point_id",
      image_id);
  while (rows.Step()) {
    for (AnnotationRow& label : *labels) {
      if (label.id == rows.Int(0)) label.key_points.push_back(KeyPointFrom(rows, 1));
    }
  }
}

void InsertPointsOfLabel(Connection& connection, Id annotation_id,
                         const std::vector<KeyPoint>& points) {
  std::vector<std::string> unknown;
  for (const KeyPoint& point : points) {
    RequireNumbers(point.name, point.x, point.y);
    if (point.point_id == 0) unknown.push_back(point.name);
  }
  Skeleton skeleton;
  if (!unknown.empty()) {
    const Id id = FindOrInsertSkeleton(connection, MakeSkeleton("animal", unknown, {}, {}));
    for (Skeleton& one : ReadSkeletons(connection)) {
      if (one.id == id) skeleton = std::move(one);
    }
  }
  for (KeyPoint point : points) {
    if (point.visibility == 0) continue;
    if (point.point_id == 0) {
      point.point_id = skeleton.points[static_cast<size_t>(PlaceOf(skeleton, point.name))].id;
    }
    InsertLabelPoint(connection, annotation_id, point);
  }
}

bool AnyPredictedPoints(Connection& connection, Id job_id, Id video_id) {
  auto row = connection.Query(
      "SELECT EXISTS (SELECT 1 FROM prediction_points) AND EXISTS (SELECT 1 FROM predictions"
      " JOIN prediction_points ON prediction_id = predictions.id"
      " WHERE job_id = ? AND video_id = ?)",
      job_id, video_id);
  return row.Step() && row.Bool(0);
}

std::vector<PredictedPoint> PointsOfPrediction(Connection& connection, Id prediction_id) {
  auto rows = connection.Query(
      "SELECT point_id, name, x, y, confidence, visible FROM prediction_points"
      " JOIN skeleton_points ON skeleton_points.id = point_id WHERE prediction_id = ?"
      " ORDER BY sort_order, point_id",
      prediction_id);
  std::vector<PredictedPoint> points;
  while (rows.Step()) {
    points.push_back(
        {rows.Text(1), rows.Real(2), rows.Real(3), rows.Real(4), rows.Int(0), rows.Bool(5)});
  }
  return points;
}

void InsertPointsOfPrediction(Connection& connection, Id prediction_id,
                              const std::vector<PredictedPoint>& points) {
  for (const PredictedPoint& point : points) {
    RequireNumbers(point.name, point.x, point.y);
    connection.Run(
        "INSERT INTO prediction_points (prediction_id, point_id, x, y, confidence, visible)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        prediction_id, point.point_id, point.x, point.y, point.confidence, point.visible);
  }
}

void ReplacePointsOfPrediction(Connection& connection, Id prediction_id,
                               const std::vector<PredictedPoint>& points) {
  connection.Run("DELETE FROM prediction_points WHERE prediction_id = ?", prediction_id);
  InsertPointsOfPrediction(connection, prediction_id, points);
}

}  // namespace datasets
