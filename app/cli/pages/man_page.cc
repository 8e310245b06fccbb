#include "app/cli/pages/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace app {
namespace {

// Text as groff prints it unchanged: no line of it is a request, a hyphen can be copied from it,
// and what is not ASCII is named by its number.
std::string Escaped(const std::string& text) {
  std::string escaped;
  bool line_starts = true;
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (line_starts && (byte == '.' || byte == '\'')) escaped += "\\&";
    line_starts = byte == '\n';
    if (byte < 0x80) {
      escaped += byte == '\\'   ? "\\e"
                 : byte == '-'  ? "\\-"
                 : byte == '~'  ? "\\(ti"
                 : byte == '^'  ? "\\(ha"
                 : byte == '`'  ? "\\(ga"
                 : byte == '\'' ? "\\(aq"
                                : std::string(1, text[i]);
      ++i;
      continue;
    }
    const int length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    uint32_t code = byte & (0xFF >> (length + 1));
    for (int k = 1; k < length; ++k) code = code << 6 | (text[i + k] & 0x3F);
    escaped += fmt::format("\\[u{:04X}]", code);
    i += length;
  }
  return escaped;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string Bold(const std::string& text) { return "\\fB" + Escaped(text) + "\\fR"; }
std::string Italic(const std::string& text) { return "\\fI" + Escaped(text) + "\\fR"; }

std::string Heading(const std::string& name, const std::string& version) {
  return fmt::format(".TH {} 1 \"\" \"vole {}\" \"Vole manual\"\n.nh\n.ad l\n",
                     Escaped(Upper(name)), Escaped(version));
}

// One paragraph a line.
std::string Paragraphs(const std::string& text) {
  std::string paragraphs;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    paragraphs += (paragraphs.empty() ? "" : ".PP\n") + Escaped(line) + "\n";
  }
  return paragraphs;
}

// What is called what it takes is shown once: PROJECT, not "project PROJECT".
std::string ArgumentName(const OptionFacts& option) {
  return Upper(option.names[0]) + (option.repeated ? " ..." : "");
}

std::string Synopsis(const VerbFacts& verb) {
  std::string line = Bold("vole " + verb.name);
  for (const OptionFacts& option : verb.options) {
    if (!option.argument) continue;
    const std::string name = Italic(ArgumentName(option));
    line += option.required ? " " + name : " [" + name + "]";
  }
  return line + " [" + Italic("OPTION") + " ...]\n";
}

std::string Item(const OptionFacts& option) {
  std::string names;
  for (const std::string& name : option.names) {
    names +=
        (names.empty() ? "" : ", ") + (option.argument ? Italic(ArgumentName(option)) : Bold(name));
  }
  const bool named_so = option.argument && Upper(option.names[0]) == option.type;
  if (!option.type.empty() && !named_so) {
    names += (option.argument ? " (" : " ") + Italic(option.type) + (option.argument ? ")" : "");
  }
  std::string text = option.description;
  if (!option.initial.empty()) text += " (default: " + option.initial + ")";
  if (option.required) text += " (must be given)";
  return ".TP\n" + names + "\n" + Escaped(text) + "\n";
}

std::string Items(const VerbFacts& verb, bool arguments) {
  std::string items;
  for (const OptionFacts& option : verb.options) {
    if (option.argument == arguments) items += Item(option);
  }
  return items;
}

constexpr const char* kExitStatus =
    ".SH EXIT STATUS\n"
    ".TP\n\\fB0\\fR\ndone\n"
    ".TP\n\\fB1\\fR\nfailed: one line on standard error says what, why, and what to do\n"
    ".TP\n\\fB2\\fR\nthe command line is wrong\n"
    ".TP\n\\fB130\\fR\ncancelled: Ctrl\\-C ends in good order and keeps what was done\n";

std::string PageName(const std::string& verb) { return "vole-" + verb; }

}  // namespace

std::string VerbManPage(const VerbFacts& verb, const std::string& version) {
  std::string page = Heading(PageName(verb.name), version);
  page += ".SH NAME\n" + Escaped(PageName(verb.name)) + " \\- " + Escaped(verb.summary) + "\n";
  page += ".SH SYNOPSIS\n" + Synopsis(verb);
  page += ".SH DESCRIPTION\n";
  page += Paragraphs(verb.description.empty() ? verb.summary + "." : verb.description);
  const std::string arguments = Items(verb, true), options = Items(verb, false);
  if (!arguments.empty()) page += ".SH ARGUMENTS\n" + arguments;
  if (!options.empty()) page += ".SH OPTIONS\n" + options;
  page += kExitStatus;
  if (!verb.examples.empty()) page += ".SH EXAMPLES\n.nf\n" + Escaped(verb.examples) + "\n.fi\n";
  return page + ".SH SEE ALSO\n\\fBvole\\fR(1)\n";
}

std::string OverviewManPage(const std::vector<VerbFacts>& verbs, const std::string& version) {
  std::string page = Heading("vole", version);
  page +=
      ".SH NAME\nvole \\- label animals on video, train on the labels, predict every frame\n"
      ".SH SYNOPSIS\n\\fBvole\\fR \\fIVERB\\fR [\\fIPROJECT\\fR] [\\fIOPTION\\fR ...]\n"
      ".SH DESCRIPTION\n"
      "Vole is a workbench for people who study animal behavior on video. Outline and name each\n"
      "animal on some frames, train, and get every frame of every video segmented, named and\n"
      "scored; then correct only the frames that are probably wrong, and train again. A project "
      "is\n"
      "one file, NAME.vole.\n.PP\n"
      "\\fBvole open\\fR opens the window; \\fBvole demo\\fR shows the whole loop on a rendered\n"
      "scene. Every verb takes \\fB\\-\\-help\\fR, \\fB\\-\\-json\\fR (one JSON value on standard\n"
      "output) and \\fB\\-\\-quiet\\fR (no progress). Frames are counted from 0, and spans are\n"
      "half\\-open: \\fB\\-\\-frames 0:500\\fR is frames 0 to 499.\n";
  std::string group, others;
  for (const VerbFacts& verb : verbs) {
    if (verb.group != group) page += ".SH " + Escaped(Upper(verb.group)) + "\n";
    group = verb.group;
    page += ".TP\n" + Bold("vole " + verb.name) + "\n" + Escaped(verb.summary) + "\n";
    others += (others.empty() ? "" : ",\n") + Bold(PageName(verb.name)) + "(1)";
  }
  return page + kExitStatus + ".SH SEE ALSO\n" + others + "\n";
}

}  // namespace app
