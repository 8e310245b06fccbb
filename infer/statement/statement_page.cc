#include "infer/statement/statement_page.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace infer {
namespace {

std::string Escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string Count(int64_t number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<size_t>(at), ",");
  }
  return digits;
}

std::string Counted(int64_t number, const std::string& one, const std::string& many) {
  return Count(number) + " " + (number == 1 ? one : many);
}

// Never less than it is.
std::string PercentAbove(double share) {
  const double percent = share * 100;
  const double step = percent >= 10 ? 1 : percent >= 1 ? 0.1 : 0.01;
  const double shown = std::max(0.0, std::ceil(percent / step - 1e-9) * step);
  return fmt::format("{:.{}f} %", shown, step >= 1 ? 0 : step >= 0.1 ? 1 : 2);
}

std::string ExchangesText(const Statement& s) {
  if (s.unknown_frames > 0) {
    Statement named = s;
    named.unknown_frames = 0;
    return fmt::format("No name is claimed on {} of {} animal-frames: too little speaks for one. ",
                       Count(s.unknown_frames), Count(s.animal_frames)) +
           ExchangesText(named);
  }
  if (s.one_animal) return "One animal only: there is nobody to exchange a name with.";
  if (!s.meetings_known) {
    return "The prediction is of an older Vole and lists no possible exchanges of names: nothing "
           "is "
           "claimed about them.";
  }
  if (s.meetings.empty()) {
    return "At no place could names have changed hands: every animal was followed without doubt.";
  }
  std::string text =
      fmt::format("Names could have changed hands at {}. ",
                  Counted(static_cast<int64_t>(s.meetings.size()), "place", "places"));
  text += fmt::format("The pictures decided {}", Count(s.by_program));
  if (s.by_program > 0) {
    const auto small = [](double value) {
      return value < 1e-4 ? std::string("less than 0.0001") : fmt::format("{:.4f}", value);
    };
    text += fmt::format(
        " (by the program's own estimate, which nobody has checked here, the most doubtful of them "
        "is wrong with a probability of "
        "{}, and {} of them are expected to be wrong)",
        small(s.worst_decided), small(s.expected_exchanges));
  }
  text += fmt::format(", people {}", Count(s.by_person));
  if (s.unsure > 0) text += fmt::format("; at {} people could not tell", Count(s.unsure));
  text += s.open > 0 ? fmt::format("; {} open.", Counted(s.open, "is", "are"))
                     : std::string("; none is open.");
  return text;
}

std::string FramesText(const Statement& s) {
  const int frames = s.end_frame - s.start_frame;
  std::string text = fmt::format("Of {} frames, {} were labeled or decided in the review",
                                 Count(frames), Count(s.known_frames));
  if (s.known_wrong > 0) {
    text += fmt::format(" ({} rejected and not drawn anew: wrong)", Count(s.known_wrong));
  }
  if (s.sample.frames == 0) {  // no bound is needed where all was counted
    return text + fmt::format(". That is all of them, so {} {} wrong, as those people saw it.",
                              Counted(s.known_wrong, "frame", "frames"),
                              s.known_wrong == 1 ? "is" : "are");
  }
  text += fmt::format(
      ". Of the other {}, {} drawn at random and checked: {} had a wrong name, a missing animal or "
      "a bad outline",
      Count(s.sample.frames), Counted(s.sample.drawn, "was", "were"), Count(s.sample.wrong));
  if (s.skipped + s.unanswered > 0) {
    text += fmt::format(" ({} skipped and {} left open, counted as wrong)", Count(s.skipped),
                        Count(s.unanswered));
  }
  text += ". ";
  if (s.sample.drawn == 0) {
    return text + "So nothing can be said of them: check random frames in the review.";
  }
  return text +
         fmt::format(
             "So at most {} of all frames are wrong, with a confidence of 95 % (one-sided, after "
             "Waudby-Smith and Ramdas 2020; it holds at every look, so drawing may stop when it "
             "pleases, which costs about a third more random frames; the other frames that people "
             "labeled or decided count as right).",
             PercentAbove(s.share_wrong));
}

std::string MoreText(const Statement& s) {
  const auto line = [](int more, const char* goal) {
    if (more < 0) return fmt::format("No number of random frames brings the bound to {}.", goal);
    if (more == 0) return fmt::format("The bound stands at {} or below.", goal);
    return fmt::format("{} without a fault would bring the bound to {}.",
                       Counted(more, "more random frame", "more random frames"), goal);
  };
  return line(s.more_for_1_percent, "1 %") + " " + line(s.more_for_01_percent, "0.1 %");
}

// Where the meetings lie in time.
std::string TimeStrip(const Statement& s) {
  const double frames = std::max(1, s.end_frame - s.start_frame);
  constexpr double kWidth = 680;
  std::string svg =
      "<svg viewBox='0 0 680 26' role='img' aria-label='possible exchanges over time'>"
      "<rect width='680' height='18' fill='#eee'/>";
  for (const StatedMeeting& meeting : s.meetings) {
    const double x = (meeting.start_frame - s.start_frame) / frames * kWidth;
    const double width = std::max(1.5, (meeting.end_frame - meeting.start_frame) / frames * kWidth);
    const char* color = meeting.decided_by == "program"  ? "#0072B2"
                        : meeting.decided_by == "person" ? "#009E73"
                                                         : "#D55E00";
    svg += fmt::format("<rect x='{:.1f}' width='{:.1f}' height='18' fill='{}'/>", x, width, color);
  }
  return svg + fmt::format(
                   "<text y='26' font-size='7'>frame {}</text>"
                   "<text x='680' y='26' font-size='7' text-anchor='end'>{}</text></svg>",
                   Count(s.start_frame), Count(s.end_frame));
}

std::string Row(const std::string& head, const std::string& value) {
  return "<tr><th>" + Escaped(head) + "</th><td>" + Escaped(value) + "</td></tr>";
}

std::string PartRows(const Statement& s) {
  std::string rows;
  for (size_t i = 0; i < s.parts.size(); ++i) {
    const datasets::VideoPart& part = s.parts[i];
    rows += Row(fmt::format("Part {} of {}", i + 1, s.parts.size()),
                fmt::format("{}, {}, {}", std::filesystem::path(part.path).filename().string(),
                            Counted(part.frame_count, "frame", "frames"), part.fingerprint));
  }
  return rows;
}

// What fits on a sheet; lists of frames and the record of the training stand in the JSON beside it.
std::string TrainingText(const nlohmann::json& options) {
  if (!options.is_object()) return "not known";
  std::string text;
  for (const auto& [name, value] : options.items()) {
    if (value.is_structured() || value.is_null()) continue;
    text += (text.empty() ? "" : ", ") + name + " " + value.dump();
  }
  return text.empty() ? "not known" : text;
}

std::string Reviewers(const Statement& s) {
  std::string text;
  for (const auto& [author, count] : s.decisions) {
    if (!text.empty()) text += ", ";
    text += (author.empty() ? "(no name)" : author) + ": " + Count(count);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string MethodsParagraph(const Statement& s, const std::string& version) {
  std::string text = fmt::format(
      "Animals in {} (frames {} to {}) were outlined and named by the model {} ({}) with Vole {}. ",
      s.video, Count(s.start_frame), Count(s.end_frame - 1), s.model.empty() ? "-" : s.model,
      s.architecture.empty() ? "unknown network" : s.architecture, version);
  text += fmt::format("People drew, imported or accepted {} on {} of the video. ",
                      Counted(s.labels, "outline", "outlines"),
                      Counted(s.labeled_frames, "frame", "frames"));
  return text + ExchangesText(s) + " " + FramesText(s);
}

std::string StatementPage(const Statement& s, const std::string& version) {
  std::string page =
      "<!doctype html><html lang='en'><meta charset='utf-8'><title>" +
      Escaped("Statement: " + s.video) +
      "</title><style>@page{size:A4;margin:15mm}body{font:10.5pt/1.4 sans-serif;max-width:180mm;"
      "margin:8mm auto;color:#111}h1{font-size:16pt;margin:0}h2{font-size:11.5pt;margin:5mm 0 1mm}"
      "table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:normal;color:#555;"
      "width:34mm;vertical-align:top}td{word-break:break-all}td,th{padding:.4mm 2mm .4mm 0}"
      ".bound{font-size:20pt}p{margin:1mm 0}blockquote{margin:1mm "
      "0;padding-left:3mm;border-left:1mm "
      "solid #ccc}svg{width:100%}</style>";
  page +=
      "<h1>" + Escaped(s.video) + "</h1><p>" +
      Escaped(fmt::format("Names and outlines of frames {} to {}, predicted {}. Vole {}.",
                          Count(s.start_frame), Count(s.end_frame - 1), s.predicted_at, version)) +
      "</p>";
  page += "<h2>Frames with anything wrong</h2><p class='bound'>" +
          Escaped(s.sample.frames == 0  ? PercentAbove(s.share_wrong)
                  : s.sample.drawn == 0 ? std::string("not known")
                                        : "at most " + PercentAbove(s.share_wrong)) +
          "</p><p>" + Escaped(FramesText(s)) + "</p>";
  if (s.sample.frames > 0) page += "<p>" + Escaped(MoreText(s)) + "</p>";
  page += "<h2>Possible exchanges of names</h2><p>" + Escaped(ExchangesText(s)) + "</p>";
  if (!s.meetings.empty()) {
    page +=
        TimeStrip(s) +
        "<p style='font-size:8pt'>blue: decided by the pictures, green: by people, orange: open "
        "or nobody can tell</p>";
  }
  page +=
      "<h2>What it rests on</h2><table>" + Row("Project", s.project) +
      Row("Video", s.video + ", " + s.video_fingerprint) + PartRows(s) +
      Row("Model", s.model + " (" + s.architecture + "), made " + s.model_made + ", SHA-256 " +
                       s.model_sha256) +
      Row("Training", TrainingText(s.training_options)) +
      Row("Prediction",
          fmt::format("job {}, {}", s.job_id, s.settings.is_null() ? "{}" : s.settings.dump())) +
      Row("Labels", fmt::format("{} on {}, SHA-256 {}", Counted(s.labels, "outline", "outlines"),
                                Counted(s.labeled_frames, "frame", "frames"), s.labels_sha256)) +
      Row("Decisions", Reviewers(s)) + "</table>";
  page += "<h2>For a methods section</h2><blockquote>" + Escaped(MethodsParagraph(s, version)) +
          "</blockquote></html>\n";
  return page;
}

}  // namespace infer
