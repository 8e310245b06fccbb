#include "datasets/store/verify/verify_notes.h"

#include "datasets/base/error.h"

namespace datasets {

const char* const kNoteRows =
    "SELECT notes.id, frame_index, frame_count, name FROM notes JOIN videos ON videos.id = video_id"
    " WHERE frame_index >= frame_count OR frame_index < 0";

void CheckNoteRow(const Statement& row) {
  throw Error("note", "it is about frame " + row.Text(1) + " of the video '" + row.Text(3) +
                          "' with " + row.Text(2) + " frames");
}

}  // namespace datasets
