// Undo and redo without limit. The list lives in the project file, so it survives a restart and is
// shared by every program that has the project open.
#pragma once

#include <optional>
#include <string>

#include "annotate/edit.h"

namespace annotate {

class History {
 public:
  // `project` outlives it. Thread-safe as Project is.
  History(datasets::Project& project, std::string author = "")
      : project_(project), author_(std::move(author)) {}

  // Carries the edit out and stores it, in one transaction; what had been undone cannot be redone
  // any more. An edit that changes nothing leaves no trace (id 0).
  StoredEdit Apply(const Edit& edit);

  // The newest edit that stands, and the oldest undone one. They say what they changed, so that the
  // view can go there; nothing when there is none left. Throw EditRefused, and change nothing,
  // when another program has changed the same rows since.
  std::optional<StoredEdit> Undo();
  std::optional<StoredEdit> Redo();
  // Takes an edit that was refused off its list, so that the others can be undone or redone; what
  // it changed stays as it is.
  void Forget(datasets::Id edit_id);

  std::string UndoLabel() const;  // "" when there is nothing to undo
  std::string RedoLabel() const;

 private:
  std::optional<StoredEdit> Step(const char* which, bool backward, const char* state);

  datasets::Project& project_;
  std::string author_;
};

}  // namespace annotate
