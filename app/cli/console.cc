#include "app/cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "datasets/base/encoding.h"

namespace app {
namespace {

constexpr double kFirstLineSeconds = 5;  // shorter work than this stays silent off a terminal
constexpr double kNextLineSeconds = 15;
constexpr double kBarSeconds = 0.1;
constexpr int kBarCells = 24;

double Seconds(std::chrono::steady_clock::duration span) {
  return std::chrono::duration<double>(span).count();
}

int TerminalColumns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
  return 80;
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

bool LooksNumeric(const std::string& cell) {
  return !cell.empty() && (std::isdigit(static_cast<unsigned char>(cell[0])) || cell == "-" ||
                           (cell[0] == '-' && cell.size() > 1));
}

// Columns on the screen: UTF-8 continuation bytes take none.
size_t Width(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace

Console::Console(bool json, bool quiet)
    : json_(json),
      quiet_(quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      stage_start_(Clock::now()),
      last_shown_(Clock::now()),
      job_([this](const datasets::Job::Progress& progress) { Show(progress); }) {}

void Console::Print(const std::string& line) {
  if (json_) return;
  EndProgress();
  std::fputs((datasets::ShownText(line) + "\n").c_str(), stdout);
}

void Console::PrintJson(const nlohmann::ordered_json& value) {
  if (!json_) return;
  EndProgress();
  const std::string text =
      value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::fputs((text + "\n").c_str(), stdout);
}

void Console::Note(const std::string& line) {
  if (quiet_) return;
  Fail(line);
}

void Console::Warn(const std::string& line) { Fail("note: " + line); }

void Console::Fail(const std::string& line) {
  std::lock_guard<std::mutex> lock(mutex_);
  ClearBar();
  std::fputs((datasets::ShownText(OneLine(line)) + "\n").c_str(), stderr);
}

void Console::EndProgress() {
  std::lock_guard<std::mutex> lock(mutex_);
  ClearBar();
}

bool Console::Flush() {
  errno = 0;
  const bool written = std::fflush(stdout) == 0 && !std::ferror(stdout);
  return written || errno == EPIPE;
}

void Console::ClearBar() {
  if (!bar_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  bar_shown_ = false;
}

void Console::Show(const datasets::Job::Progress& progress) {
  if (quiet_) return;
  std::lock_guard<std::mutex> lock(mutex_);
  const auto now = Clock::now();
  const bool new_stage =
      stage_ != fmt::format("{}", progress.total) || progress.done < stage_first_done_;
  if (new_stage) {
    stage_ = fmt::format("{}", progress.total);
    stage_first_done_ = progress.done;
    stage_start_ = now;
  }
  const bool finished = progress.total > 0 && progress.done >= progress.total;
  const double since = Seconds(now - last_shown_);
  if (terminal_ ? (since < kBarSeconds && !finished && !new_stage)
                : since < (line_shown_ ? kNextLineSeconds : kFirstLineSeconds)) {
    return;
  }
  last_shown_ = now;
  line_shown_ = true;

  const double share =
      progress.total > 0 ? std::clamp(progress.done / progress.total, 0.0, 1.0) : 0;
  const double elapsed = Seconds(now - stage_start_);
  const double advanced = progress.done - stage_first_done_;
  std::string left;
  if (progress.total > 0 && advanced > 0 && elapsed > 1 && !finished) {
    left = DurationText(elapsed * (progress.total - progress.done) / advanced) + " left";
  }
  const std::string text = datasets::ShownText(OneLine(progress.text));
  if (text.find(" left") != std::string::npos) left.clear();  // the work itself knows better
  if (!terminal_) {
    std::string line = text;
    if (progress.total > 0)
      line += fmt::format("{}{:.0f} %", text.empty() ? "" : ": ", share * 100);
    if (!left.empty()) line += ", " + left;
    std::fputs((line + "\n").c_str(), stderr);
    return;
  }
  std::string line;
  if (progress.total > 0) {
    const int filled = static_cast<int>(share * kBarCells);
    line = fmt::format("[{}{}] {:3.0f} %  {}", std::string(filled, '#'),
                       std::string(kBarCells - filled, '.'), share * 100, text);
  } else {
    line = text;
  }
  if (!left.empty()) line += "  " + left;
  const int columns = TerminalColumns() - 1;
  if (static_cast<int>(line.size()) > columns) line.resize(columns);
  std::fputs(("\r\x1b[K" + line).c_str(), stderr);
  std::fflush(stderr);
  bar_shown_ = true;
}

std::string DurationText(double seconds) {
  const auto whole = static_cast<int64_t>(std::max(0.0, seconds) + 0.5);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string CountText(int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, ",");
  return count < 0 ? "-" + digits : digits;
}

std::string TableText(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  // A column is numeric when every cell below the heading is.
  std::vector<bool> right(widths.size(), rows.size() > 1);
  for (size_t r = 1; r < rows.size(); ++r) {
    for (size_t i = 0; i < rows[r].size(); ++i) {
      if (!rows[r][i].empty() && !LooksNumeric(rows[r][i])) right[i] = false;
    }
  }
  std::string text;
  for (size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (size_t i = 0; i < rows[r].size(); ++i) {
      const std::string gap(widths[i] - Width(rows[r][i]), ' ');
      line += (i ? "  " : "") + (right[i] ? gap + rows[r][i] : rows[r][i] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + (r + 1 < rows.size() ? "\n" : "");
  }
  return text;
}

}  // namespace app
