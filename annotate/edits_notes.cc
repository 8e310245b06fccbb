#include "annotate/edits_notes.h"

#include <utility>

#include "datasets/store/notes/note_store.h"

namespace annotate {

using datasets::Error;
using datasets::Id;
using datasets::NoteRow;
using datasets::Writer;

namespace {

void CheckNote(const std::string& note) {
  if (note.size() <= kLongestNote) return;
  throw Error("note", "it is longer than " + std::to_string(kLongestNote) + " bytes",
              "write less, or in a file of its own");
}

}  // namespace

Edit NoteAt(Id video_id, std::optional<int> frame_index, std::optional<std::string> note,
            std::optional<bool> flagged) {
  return {"Note", Place{video_id, frame_index.value_or(0)}, [=](Recorder& recorder) {
            CheckNote(note.value_or(""));
            const auto video = recorder.reader().VideoById(video_id);
            if (!video) throw Error("note", "its video is gone", "choose another");
            if (frame_index && (*frame_index < 0 || *frame_index >= video->frame_count)) {
              throw Error("note about frame " + std::to_string(*frame_index),
                          "'" + video->name + "' has frames 0 to " +
                              std::to_string(video->frame_count - 1));
            }
            auto& connection = recorder.connection();
            const auto found = datasets::ReadNoteAt(connection, video_id, frame_index);
            NoteRow row = found.value_or(NoteRow{});
            row.video_id = video_id;
            row.frame_index = frame_index;
            row.note = note.value_or(row.note);
            row.flagged = flagged.value_or(row.flagged);
            row.author = recorder.author();
            if (found && found->note == row.note && found->flagged == row.flagged) return;
            const bool says_something = !row.note.empty() || row.flagged;
            if (!found && says_something) {
              recorder.Insert("notes", [&](Writer& writer) {
                return datasets::InsertNote(writer.connection(), row);
              });
            } else if (found) {
              recorder.Change("notes", row.id, [&](Writer& writer) {
                if (says_something) {
                  datasets::UpdateNote(writer.connection(), row);
                } else {
                  datasets::DeleteNote(writer.connection(), row.id);
                }
              });
            }
          }};
}

Edit NoteBout(Id interval_id, std::optional<std::string> note, std::optional<bool> flagged) {
  return {"Note about bout", std::nullopt, [=](Recorder& recorder) {
            CheckNote(note.value_or(""));
            auto bout = recorder.reader().BehaviorIntervalById(interval_id);
            if (!bout) throw Error("bout", "it has been deleted meanwhile", "choose another one");
            recorder.SetPlace({bout->video_id, bout->start_frame});
            const auto before = *bout;
            bout->note = note.value_or(bout->note);
            bout->flagged = flagged.value_or(bout->flagged);
            if (bout->note == before.note && bout->flagged == before.flagged) return;
            recorder.Change("behavior_intervals", interval_id,
                            [&](Writer& writer) { writer.UpdateBehaviorInterval(*bout); });
          }};
}

Edit MarkVideos(std::vector<Id> video_ids, std::string split) {
  const std::string label = split.empty() ? "Keep for training" : "Keep for " + split;
  return {label, std::nullopt, [=](Recorder& recorder) {
            bool any = false;
            for (const Id video : video_ids) {
              for (const datasets::ImageRow& image : recorder.reader().ImagesOfVideo(video)) {
                const bool is_new = image.state == datasets::ImageState::kNew;
                any |= !is_new;
                // A proposed frame takes the mark of its video when it is labeled; one that has a
                // mark already must not keep it when the video loses it.
                if (image.split == split || (is_new && image.split.empty())) continue;
                recorder.Change("images", image.id,
                                [&](Writer& writer) { writer.SetImageSplit(image.id, split); });
              }
            }
            if (!any) {
              throw Error("the chosen videos", "no frame of them is labeled",
                          "outline an animal on one first, or mark one as without animals: labeled "
                          "frames are what is kept, and the bouts of their video with them");
            }
          }};
}

}  // namespace annotate
