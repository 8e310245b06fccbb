// What a person can choose about an import or an export, and what it came to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/base/options.h"
#include "datasets/project.h"

namespace datasets {

struct ImportOptions {
  std::string video;               // project video that the file is about; "" = found by name
  bool empty_is_negative = false;  // an image listed without a label holds no animal
  bool crowd_is_instance = false;  // CVAT marks every brush mask as a crowd: read those as animals
  std::string author = "import";   // who labeled, where the file does not say
  double fps = 0;                  // frame rate of a table in seconds; 0 = the video's own
  double cm_per_pixel = 0;         // TRex: how wide a pixel is; 0 = as the file says
  int first_frame = -1;            // number of a video's first frame in the file; -1: as its tool
  bool skip_bad = false;           // leave out what cannot be read, counted, instead of refusing
  std::string names_from = "categories";  // categories | tracks: what tells the animals apart
  std::string line_end;                   // YOLO: what follows the shapes; "" = told by the lines

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("video", video, "video of the project that the file is about (default: by name)");
    v.Field("empty-is-negative", empty_is_negative,
            "images that are listed without a label hold no animal (default: not looked at yet)");
    v.Field("crowd-is-instance", crowd_is_instance,
            "read iscrowd=1 masks as ordinary animals (CVAT marks brush masks so)");
    v.Field("author", author, "who made the labels, where the file does not say");
    v.Field("fps", fps, "frame rate of times in seconds; 0 takes the video's", Range{0, 1e6});
    v.Field("cm-per-pixel", cm_per_pixel,
            "TRex: how wide a pixel is in centimeters; 0: as the file or its .settings say",
            Range{0, 1e6});
    v.Field("first-frame", first_frame,
            "number of a video's first frame in the file; -1: as its tool counts, mostly 0",
            Range{-1, 1e6});
    v.Field("skip-bad", skip_bad,
            "leave out outlines and files that cannot be read, and name them (default: refuse)");
    v.Field("names-from", names_from,
            "what names an animal: categories, or tracks (then mouse becomes mouse_1, mouse_2)");
    v.Field("line-end", line_end,
            "YOLO: what follows the shapes: nothing, confidence, track, confidence-track (default: "
            "told by the lines)");
  }
};

struct ImportReport {
  int64_t images = 0;                 // images that the file speaks of
  int64_t annotations = 0;            // labels added now
  int64_t predictions = 0;            // a machine's animals added now, as a job of their own
  int64_t predicted_frames = 0;       // that they are on
  int64_t categories = 0;             // categories added now
  int64_t tracks = 0;                 // tracks that the labels belong to
  int64_t behaviors = 0;              // behaviors added now
  int64_t intervals = 0;              // behavior intervals added now
  int64_t completed = 0;              // labels that were there and got key points, or an outline
  int64_t already_present = 0;        // labels and intervals that the project held already
  std::vector<std::string> warnings;  // one sentence each
};

struct ExportOptions {
  std::string what = "labels";  // labels | predictions | final
  std::string video;            // "" = all
  int64_t job_id = 0;           // prediction job; 0 = the latest of each video
  bool pictures = false;        // formats of pictures: the labeled ones beside the labels
  int start_frame = 0;          // [start_frame, end_frame), for video frames
  int end_frame = -1;           // -1 = to the end
  bool per_frame = false;       // behaviors: a row a frame and a column a behavior

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("what", what, "labels, predictions, or final: predictions where there is no label");
    v.Field("video", video, "only this video (default: all)");
    v.Field("prediction-job", job_id, "number of the prediction job (default: the latest)");
    v.Field(
        "pictures", pictures,
        "with coco, labelme, yolo, yolo-pose and deeplabcut: write the pictures of the labels too "
        "(default: labels alone)");
    v.Field("per-frame", per_frame,
            "with behaviors: a row a frame and a column of 0 and 1 a behavior, one video");
  }
};

struct ExportReport {
  int64_t images = 0;
  int64_t annotations = 0;
  int64_t intervals = 0;
  int64_t files = 0;
  std::vector<std::string> warnings;  // what the format cannot say, one sentence each
};

}  // namespace datasets
