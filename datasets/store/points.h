// Skeletons, and the key points of labels and predictions, as rows. What people change of them goes
// through annotate/edits_points.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/machine_records.h"

namespace datasets {

std::vector<Skeleton> ReadSkeletons(Connection& connection);  // by id
// Checked as CheckSkeleton does; a name that is taken gets _2, _3, ... Returns its id.
Id InsertSkeleton(Connection& connection, const Skeleton& skeleton);
// The first skeleton that has all of these points; else a new one. What the file says of edges and
// symmetry fills in a skeleton that has none.
Id FindOrInsertSkeleton(Connection& connection, const Skeleton& skeleton);

// --- one row each, so that an edit can note it down
Id InsertSkeletonRow(Connection& connection, const std::string& name);
void RenameSkeletonRow(Connection& connection, Id id, const std::string& name);
void DeleteSkeletonRow(Connection& connection, Id id);
struct SkeletonPointRow {
  Id id = 0, skeleton_id = 0;
  std::string name;
  int sort_order = 0;
  uint32_t color = 0;
  std::optional<Id> partner_id;
};
std::vector<SkeletonPointRow> ReadSkeletonPoints(Connection& connection, Id skeleton_id);
Id InsertSkeletonPoint(Connection& connection, const SkeletonPointRow& point);
void UpdateSkeletonPoint(Connection& connection, const SkeletonPointRow& point);
void DeleteSkeletonPoint(Connection& connection, Id id);  // and what was predicted of it
struct SkeletonEdgeRow {
  Id id = 0, from_point_id = 0, to_point_id = 0;
};
std::vector<SkeletonEdgeRow> ReadSkeletonEdges(Connection& connection, Id skeleton_id);
Id InsertSkeletonEdge(Connection& connection, Id from_point_id, Id to_point_id);
void DeleteSkeletonEdge(Connection& connection, Id id);

struct LabelPointRow : KeyPoint {
  Id id = 0, annotation_id = 0;
};
std::vector<LabelPointRow> PointsOfLabel(Connection& connection, Id annotation_id);
Id LabelOfPoint(Connection& connection, Id row);
std::vector<Id> LabelPointsOf(Connection& connection, Id point_id);  // ids of rows, of all labels
int64_t CountLabelsOfSkeleton(Connection& connection, Id skeleton_id);  // with any of its points
// Throw Error unless x and y are numbers. Visibility 1 or 2.
Id InsertLabelPoint(Connection& connection, Id annotation_id, const KeyPoint& point);
void UpdateLabelPoint(Connection& connection, Id id, const KeyPoint& point);
void DeleteLabelPoint(Connection& connection, Id id);

// The box around points; {0, 0, 0, 0} for none.
Box BoxOfPoints(const std::vector<KeyPoint>& points);

// --- for Reader and Writer
bool AnyLabelPoints(Connection& connection);
void ReadPointsOfImage(Connection& connection, Id image_id, std::vector<AnnotationRow>* labels);
// Points without an id are found by name in the first skeleton that knows all of them; a new
// skeleton is made when none does. Those that nobody labeled (visibility 0) are left out.
void InsertPointsOfLabel(Connection& connection, Id annotation_id,
                         const std::vector<KeyPoint>& points);
bool AnyPredictedPoints(Connection& connection, Id job_id, Id video_id);
std::vector<PredictedPoint> PointsOfPrediction(Connection& connection, Id prediction_id);
void InsertPointsOfPrediction(Connection& connection, Id prediction_id,
                              const std::vector<PredictedPoint>& points);
// The same in place of what was there.
void ReplacePointsOfPrediction(Connection& connection, Id prediction_id,
                               const std::vector<PredictedPoint>& points);

}  // namespace datasets
