// What other programs read of a project by SQL (.github/READING.md): three views, which are part of
// the file. Vole itself never asks them: its own connections run no view.
//
// Everything about them is here: the step that makes them, and how their columns are to be read.
// Frames count from 0, spans are half-open; px are pixels of the video, x to the right and y down,
// where pixel (i, j) covers [i, i + 1) x [j, j + 1).
//
// v_labels  one row for each label of a person: `frame` of a `video`, or a `picture`; left_px,
// top_px,
//           width_px, height_px: its box; area_px2: 0 where it has only key points; is_key_frame: 0
//           where the program filled it in and nobody has looked since.
// v_tracks  one row for each animal on each video frame: labels (crowds left out), and the newest
//           prediction of each video with people's corrections, without what they rejected
//           (`origin`). is_final = 1: what `vole export --what final` takes.
// v_bouts   one row for each bout, of people and of the newest prediction of behavior of each
// video;
//           is_present = 0: a person's explicit "not this behavior".
//
// A later step that takes away or renames a column drops the views first and makes them anew.
#pragma once

namespace datasets {

extern const char* const kVersion9;

}  // namespace datasets
