// The part of `vole review` that is about meetings: where names can change hands.
#pragma once

#include <string>
#include <vector>

#include "app/cli/console.h"

namespace app {

struct MeetingArguments {
  std::string project, video;
  int top = 0;       // 0: all
  bool all = false;  // decided ones too
};
// vole review PROJECT meetings
int ListMeetingsVerb(const MeetingArguments& arguments, Console& console);

// vole review PROJECT keep N... | exchange N [A B]... | unsure N...
bool DecidesMeetings(const std::string& verdict);
int DecideMeetingsVerb(const MeetingArguments& arguments, const std::string& verdict,
                       const std::vector<std::string>& words, Console& console);

// vole review PROJECT forget N...: decisions, as the list of meetings numbers those that no meeting
// of the newest prediction shows.
int ForgetDecisionsVerb(const MeetingArguments& arguments, const std::vector<std::string>& words,
                        Console& console);

}  // namespace app
