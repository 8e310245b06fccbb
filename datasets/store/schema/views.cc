#include "datasets/store/schema/views.h"

namespace datasets {

// CROSS JOIN keeps SQLite from any other order: a video, then its rows by index. Corrections apply
// in the order of their ids to the names that the earlier ones have left, as Reader does it; `said`
// is the name's id (upper half) and the tracklet + 1, NULL where the prediction is rejected.
const char* const kVersion9 = R"sql(
CREATE VIEW v_labels (
  label_id, video_id, video, frame, picture, frame_state, split, animal, kind, track_id,
  track_number, left_px, top_px, width_px, height_px, area_px2, is_crowd, is_occluded,
  is_key_frame, source, author, updated_ms) AS
SELECT a.id, v.id, v.name, i.frame_index, i.path, i.state, i.split, c.name, c.supercategory,
  a.track_id, t.external_id, a.x, a.y, a.width, a.height, a.area, a.iscrowd, a.occluded,
  a.keyframe, a.source, a.author, a.updated_at
FROM annotations a
JOIN images i ON i.id = a.image_id
JOIN categories c ON c.id = a.category_id
LEFT JOIN videos v ON v.id = i.video_id
LEFT JOIN tracks t ON t.id = a.track_id;
CREATE VIEW v_tracks (
  video_id, video, frame, origin, is_final, animal, track_id, tracklet, left_px, top_px, width_px,
  height_px, score, confidence, job_id, row_id) AS
SELECT v.id, v.name, i.frame_index, 'label', 1, c.name, a.track_id, NULL, a.x, a.y, a.width,
  a.height, NULL, NULL, NULL, a.id
FROM videos v
CROSS JOIN images i ON i.video_id = v.id
CROSS JOIN annotations a ON a.image_id = i.id
JOIN categories c ON c.id = a.category_id
WHERE a.iscrowd = 0
UNION ALL
SELECT p.video_id, p.video, p.frame_index, 'prediction',
  NOT EXISTS (SELECT 1 FROM images i WHERE i.video_id = p.video_id
    AND i.frame_index = p.frame_index AND (i.state IN ('done', 'empty') OR EXISTS (
      SELECT 1 FROM annotations a WHERE a.image_id = i.id AND a.category_id = c.id))),
  c.name, NULL, nullif((p.said & 4294967295) - 1, -1), p.x, p.y, p.width, p.height, p.score,
  p.confidence, p.job_id, p.id
FROM (
  SELECT p.*, v.name AS video, CASE WHEN NOT EXISTS (
    SELECT 1 FROM prediction_corrections m WHERE m.job_id = p.job_id AND m.video_id = p.video_id
      AND m.start_frame <= p.frame_index AND m.end_frame > p.frame_index)
  THEN (p.category_id << 32) + p.tracklet + 1 ELSE (
  WITH RECURSIVE said (correction, category, number, rejected) AS (
    SELECT 0, p.category_id, p.tracklet, 0
    UNION ALL
    SELECT k.id,
      CASE WHEN k.kind = 'reject' THEN said.category
        WHEN said.category = k.category_id AND said.number = coalesce(k.number, said.number)
          THEN k.other_category_id
        WHEN said.category = k.other_category_id
          AND said.number = coalesce(k.other_number, said.number) THEN k.category_id
        ELSE said.category END,
      CASE WHEN k.kind = 'reject' THEN said.number
        WHEN said.category = k.category_id AND said.number = coalesce(k.number, said.number)
          THEN coalesce(k.other_number, said.number)
        WHEN said.category = k.other_category_id
          AND said.number = coalesce(k.other_number, said.number) THEN coalesce(k.number, said.number)
        ELSE said.number END,
      said.rejected OR (k.kind = 'reject' AND said.category = coalesce(k.category_id, said.category)
        AND said.number = coalesce(k.number, said.number))
    FROM said JOIN prediction_corrections k ON k.id = (
      SELECT min(m.id) FROM prediction_corrections m
      WHERE m.job_id = p.job_id AND m.video_id = p.video_id AND m.id > said.correction
        AND m.start_frame <= p.frame_index AND m.end_frame > p.frame_index))
  SELECT CASE rejected WHEN 0 THEN (category << 32) + number + 1 END
  FROM said ORDER BY correction DESC LIMIT 1) END AS said
  FROM videos v
  CROSS JOIN predictions p ON p.video_id = v.id AND p.job_id = (
    SELECT j.id FROM jobs j WHERE j.kind = 'predict' AND (EXISTS (
      SELECT 1 FROM predictions q WHERE q.job_id = j.id AND q.video_id = v.id)
      OR (j.state = 'done' AND EXISTS (SELECT 1 FROM review_items r WHERE r.job_id = j.id
        AND r.video_id = v.id AND r.behavior_id IS NULL)))
    ORDER BY j.state = 'done' DESC, j.id DESC LIMIT 1)) AS p
JOIN categories c ON c.id = p.said >> 32;
CREATE VIEW v_bouts (
  bout_id, origin, video_id, video, subject, behavior, start_frame, end_frame, duration_frames,
  is_present, is_point, exclusion_group, source, author, score, confidence, job_id) AS
SELECT b.id, 'label', v.id, v.name, b.subject, k.name, b.start_frame, b.end_frame,
  b.end_frame - b.start_frame, b.present, k.is_point, k.exclusion_group, b.source, b.author, NULL,
  NULL, NULL
FROM videos v
CROSS JOIN behavior_intervals b ON b.video_id = v.id
JOIN behaviors k ON k.id = b.behavior_id
UNION ALL
SELECT b.id, 'prediction', v.id, v.name, b.subject, k.name, b.start_frame, b.end_frame,
  b.end_frame - b.start_frame, 1, k.is_point, k.exclusion_group, 'predicted', '', b.score,
  b.confidence, b.job_id
FROM videos v
CROSS JOIN behavior_predictions b ON b.video_id = v.id AND b.job_id = (
  SELECT j.id FROM jobs j WHERE EXISTS (
    SELECT 1 FROM behavior_predictions q WHERE q.job_id = j.id AND q.video_id = v.id)
    OR EXISTS (SELECT 1 FROM behavior_series s WHERE s.video_id = v.id AND s.job_id = j.id)
  ORDER BY j.id DESC LIMIT 1)
JOIN behaviors k ON k.id = b.behavior_id;
)sql";

}  // namespace datasets
