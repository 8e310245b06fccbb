// A project: one SQLite file NAME.vole, videos by path relative to it, weights as files.
// Opens everything; every program of Vole holds one. Thread-safe: reads use the calling thread's
// own read-only connection, writes go one after the other through the single writer.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/store/machine_records.h"
#include "datasets/store/records.h"
#include "datasets/video/video.h"

namespace datasets {

class Connection;  // datasets/store/connection.h
class Writer;      // datasets/store/writer.h: typed inserts and updates inside one transaction

class Project {
 public:
  // Throws Error when the file exists already, or the folder cannot be written.
  static std::unique_ptr<Project> Create(const std::filesystem::path& file);
  // Throws Error for a missing file, another kind of file, a newer version, a damaged database.
  // Brings an older one up to date, for reading too (a copy NAME.vole.v<N>.bak is left beside it
  // first); where that cannot be written, the Error names the command that makes a copy.
  enum class Access { kReadWrite, kReadOnly };
  static std::unique_ptr<Project> Open(const std::filesystem::path& file,
                                       Access access = Access::kReadWrite);
  ~Project();

  // Runs `work` with a read-only connection that is not used by anybody else meanwhile.
  void Read(const std::function<void(Connection&)>& work) const;

  // All that this thread reads of the project during `work` is of one moment, whatever is written
  // meanwhile. May be nested.
  void InOneSnapshot(const std::function<void()>& work) const;

  const std::filesystem::path& file() const;
  std::filesystem::path folder() const;

  // Runs `work` in one transaction on the writer (BEGIN IMMEDIATE, synchronous=FULL); blocks until
  // committed; retries while another process holds the lock (up to 60 s). An exception rolls back
  // and is rethrown here. A full disk becomes an Error and leaves the file as it was; so does a
  // file that was replaced or removed since the project was opened.
  void Write(const std::function<void(Writer&)>& work);
  // Grows by one with each change by this or another process (PRAGMA data_version based).
  int64_t Revision() const;

  // --- videos
  // Indexes, fingerprints, estimates the background and stores them (idempotent by fingerprint; a
  // part of a video gives that video).
  VideoRow AddVideo(const std::filesystem::path& video_file, Job& job);
  std::vector<VideoRow> Videos() const;
  // By name. Empty name: the only video. Throws Error that lists the names, with did-you-mean.
  VideoRow VideoByName(const std::string& name) const;
  VideoRow VideoById(Id id) const;
  std::filesystem::path VideoPath(const VideoRow& video) const;  // absolute; of the first part
  VideoIndex IndexOf(const VideoRow& video) const;
  // Checks the fingerprint; a moved file gives an Error that says how to relink. Of a video in
  // parts all must be there.
  VideoReader OpenVideo(const VideoRow& video, int decode_threads = 1) const;
  // Of a video in parts: any of them, with those others beside it that are not at their place; or
  // a folder that holds some.
  void RelinkVideo(Id video_id, const std::filesystem::path& new_path);
  // Stored background (see EstimateBackground); bgr is empty when the camera moves.
  Background BackgroundOf(const VideoRow& video) const;

  // --- labels
  std::vector<CategoryRow> Categories() const;  // by sort_order, id
  std::vector<TrackRow> Tracks(Id video_id) const;
  std::vector<Skeleton> Skeletons() const;                 // by id
  std::vector<RegionRow> Regions(Id video_id) const;       // by id
  std::vector<ImageRow> Images() const;                    // all images with a state
  std::vector<ImageRow> ImagesOfVideo(Id video_id) const;  // by frame_index
  std::optional<ImageRow> ImageAt(Id video_id, int frame_index) const;
  std::vector<AnnotationRow> AnnotationsOfImage(Id image_id) const;
  std::vector<AnnotationRow> AnnotationsAt(Id video_id, int frame_index) const;
  // All annotations of a video (or of picture files when 0), streamed in image order.
  void ForEachAnnotation(
      Id video_id,
      const std::function<void(const ImageRow&, const std::vector<AnnotationRow>&)>& visit) const;
  int CountLabeledFrames(Id video_id) const;  // done, empty, or with an annotation
  std::vector<BehaviorRow> Behaviors() const;
  std::vector<BehaviorIntervalRow> BehaviorIntervals(Id video_id) const;

  // --- machine rows
  std::vector<ModelRow> Models() const;
  std::vector<JobRow> Jobs() const;
  // The newest that outlined animals there, or that ended, found none and says so in its queue.
  std::optional<Id> LatestPredictJob(Id video_id) const;
  // Predictions as people's corrections leave them (names swapped, rejected ones left out), or,
  // with another `view`, with the rejected ones marked or exactly as the machine wrote them.
  std::vector<PredictionRow> PredictionsAt(Id job_id, Id video_id, int frame_index,
                                           PredictionView view = PredictionView::kCorrected) const;
  // Frames in [start_frame, end_frame), in order, streamed; one call a frame that has predictions.
  void ForEachPrediction(
      Id job_id, Id video_id, int start_frame, int end_frame,
      const std::function<void(int frame_index, const std::vector<PredictionRow>&)>& visit,
      PredictionView view = PredictionView::kCorrected) const;
  // Confidences alone, with corrections applied, by frame: for curves over a whole video.
  void ForEachConfidence(
      Id job_id, Id video_id,
      const std::function<void(int frame_index, Id category_id, double confidence)>& visit) const;
  std::vector<PredictionCorrectionRow> Corrections(Id job_id, Id video_id) const;
  int CountPredictedFrames(Id job_id, Id video_id) const;
  std::vector<BehaviorPredictionRow> BehaviorPredictions(Id job_id, Id video_id) const;
  // The newest job with behavior scores or predicted bouts of the video.
  std::optional<Id> LatestBehaviorJob(Id video_id) const;
  std::vector<BehaviorSeriesRow> BehaviorSeries(Id job_id, Id video_id) const;  // subject, behavior
  // Probabilities of the frames of [start_frame, end_frame); NaN where there is none.
  std::vector<float> BehaviorScores(Id series_id, int start_frame, int end_frame) const;
  // The highest in each bin of frames over the whole video, as 0..254; 255 where there is none.
  std::vector<uint8_t> BehaviorScorePeaks(Id series_id, int frame_count, int frames_a_bin) const;
  std::vector<ReviewItemRow> ReviewItems(Id job_id) const;  // by score, highest first

  std::vector<ReviewDecisionRow> ReviewDecisions(Id job_id) const;  // 0: of every job

  // --- settings (small JSON values by key)
  std::string Setting(const std::string& key, const std::string& fallback = "") const;

 private:
  Project();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace datasets
