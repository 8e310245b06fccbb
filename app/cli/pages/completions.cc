#include "app/cli/pages/completions.h"

#include <fmt/format.h>

#include <algorithm>

namespace app {
namespace {

// What can be offered for a value.
enum class Kind { kProject, kFile, kFolder, kVerb, kWords, kNothing };

Kind KindOf(const OptionFacts& option) {
  const std::string& type = option.type;
  if (type == "PROJECT") return Kind::kProject;
  if (type == "DIR") return Kind::kFolder;
  if (type == "VERB") return Kind::kVerb;
  for (const char* word : {"FILE", "PATH", "MODEL"}) {
    if (type.find(word) != std::string::npos) return Kind::kFile;
  }
  const bool listed = type.find('|') != std::string::npos;
  const bool words =
      std::none_of(type.begin(), type.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return listed && words ? Kind::kWords : Kind::kNothing;
}

std::string Words(const OptionFacts& option) {
  std::string words = option.type;
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string Joined(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string VerbNames(const std::vector<VerbFacts>& verbs) {
  std::vector<std::string> names;
  for (const VerbFacts& verb : verbs) names.push_back(verb.name);
  return Joined(names, " ");
}

// --- bash

std::string BashKind(const OptionFacts& option) {
  switch (KindOf(option)) {
    case Kind::kProject:
      return "project";
    case Kind::kFile:
      return "file";
    case Kind::kFolder:
      return "folder";
    case Kind::kVerb:
      return "verb";
    case Kind::kWords:
      return "words:" + option.type;
    case Kind::kNothing:
      break;
  }
  return "nothing";
}

std::string BashFacts(const VerbFacts& verb) {
  std::vector<std::string> options, arguments;
  std::string values;
  for (const OptionFacts& option : verb.options) {
    if (option.argument) {
      arguments.push_back(BashKind(option));
      if (option.repeated) arguments.push_back("again");
      continue;
    }
    options.insert(options.end(), option.names.begin(), option.names.end());
    if (option.type.empty()) continue;
    values +=
        fmt::format("        {}) value='{}' ;;\n", Joined(option.names, " | "), BashKind(option));
  }
  std::string facts = fmt::format("    {})\n      options='{}'\n      arguments='{}'\n", verb.name,
                                  Joined(options, " "), Joined(arguments, " "));
  if (!values.empty()) facts += "      case $1 in\n" + values + "      esac\n";
  return facts + "      ;;\n";
}

// %VERBS% and %FACTS% are filled in.
constexpr const char* kBash =
    R"sh(# bash completion for vole(1); made from its table of verbs by `vole manual`.

# Sets options, arguments and value: what the verb $2 takes, and what the option $1 of it takes.
_vole_facts() {
  options= arguments= value=
  case $2 in
%FACTS%  esac
}

_vole_offer() {
  local kind=$1 current=$2
  case $kind in
    project)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -X '!*.vole' -- "$current"; compgen -d -- "$current") ;;
    file)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    folder)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    verb) mapfile -t COMPREPLY < <(compgen -W '%VERBS%' -- "$current") ;;
    words:*)
      kind=${kind#words:}
      mapfile -t COMPREPLY < <(compgen -W "${kind//|/ }" -- "$current") ;;
  esac
}

_vole() {
  local current=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} options arguments value
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '%VERBS% --help --version' -- "$current")
    return
  fi
  _vole_facts "${COMP_WORDS[COMP_CWORD - 1]}" "$verb"
  if [ -n "$value" ]; then
    _vole_offer "$value" "$current"
    return
  fi
  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    return
  fi
  # Which argument is this? Options and their values do not count.
  local i place=0 kind= last=
  for ((i = 2; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == -* ]]; then
      _vole_facts "${COMP_WORDS[i]}" "$verb"
      [ -z "$value" ] || ((i++))
    else
      ((place++))
    fi
  done
  for kind in $arguments; do
    if [ "$kind" = again ]; then
      _vole_offer "$last" "$current"
      return
    fi
    [ "$place" -gt 0 ] || break
    ((place--))
    last=$kind
    kind=
  done
  [ -z "$kind" ] || _vole_offer "$kind" "$current"
}

complete -F _vole vole
)sh";

// --- zsh

std::string ZshQuoted(const std::string& text) { return "'" + Replaced(text, "'", "'\\''") + "'"; }

// Within a specification of _arguments these end a part.
std::string ZshText(std::string text) {
  for (const char* special : {"\\", "[", "]", ":"})
    text = Replaced(text, special, std::string("\\") + special);
  return text;
}

std::string ZshAction(const OptionFacts& option) {
  switch (KindOf(option)) {
    case Kind::kProject:
      return "_files -g \"*.vole(-.)\"";
    case Kind::kFile:
      return "_files";
    case Kind::kFolder:
      return "_files -/";
    case Kind::kVerb:
      return "_vole_verbs";
    case Kind::kWords:
      return "(" + Words(option) + ")";
    case Kind::kNothing:
      break;
  }
  return " ";  // a message, and nothing to choose from
}

std::string ZshSpecifications(const VerbFacts& verb) {
  std::string lines;
  int place = 1;
  for (const OptionFacts& option : verb.options) {
    const std::string value = ":" + ZshText(option.type) + ":" + ZshAction(option);
    if (option.argument) {
      const std::string where = option.repeated ? "*" : std::to_string(place++);
      lines += " \\\n        " + ZshQuoted(where + value);
      continue;
    }
    const std::string many = option.repeated ? "*" : "";
    const std::string others = option.repeated ? "" : "(" + Joined(option.names, " ") + ")";
    for (const std::string& name : option.names) {
      lines +=
          " \\\n        " + ZshQuoted(others + many + name + "[" + ZshText(option.description) +
                                      "]" + (option.type.empty() ? "" : value));
    }
  }
  return lines;
}

}  // namespace

std::string BashCompletion(const std::vector<VerbFacts>& verbs) {
  std::string facts;
  for (const VerbFacts& verb : verbs) facts += BashFacts(verb);
  return Replaced(Replaced(kBash, "%FACTS%", facts), "%VERBS%", VerbNames(verbs));
}

std::string ZshCompletion(const std::vector<VerbFacts>& verbs) {
  std::string described, cases;
  for (const VerbFacts& verb : verbs) {
    described += "    " + ZshQuoted(verb.name + ":" + Replaced(verb.summary, ":", "\\:")) + "\n";
    cases +=
        "    " + verb.name + ")\n      _arguments -s -S" + ZshSpecifications(verb) + "\n      ;;\n";
  }
  return "#compdef vole\n# made from the table of verbs of vole(1) by `vole manual`\n\n"
         "_vole_verbs() {\n  local -a verbs=(\n" +
         described +
         "  )\n  _describe -t verbs verb verbs\n}\n\n"
         "_vole() {\n"
         "  if ((CURRENT == 2)); then\n    _vole_verbs\n    return\n  fi\n"
         "  local verb=$words[2]\n  shift words\n  ((CURRENT--))\n"
         "  case $verb in\n" +
         cases + "  esac\n}\n\n_vole \"$@\"\n";
}

std::string FishCompletion(const std::vector<VerbFacts>& verbs) {
  const auto quoted = [](const std::string& text) {
    return "'" + Replaced(Replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
  };
  std::string text =
      "# fish completion for vole(1); made from its table of verbs by `vole manual`.\n\n"
      "function __vole_verb_is\n    set -l words (commandline -opc)\n"
      "    test (count $words) -gt 1; and test $words[2] = $argv[1]\nend\n\n"
      "function __vole_no_verb\n    test (count (commandline -opc)) -eq 1\nend\n\n"
      "complete -c vole -f\n";
  for (const VerbFacts& verb : verbs) {
    text +=
        "complete -c vole -n __vole_no_verb -a " + verb.name + " -d " + quoted(verb.summary) + "\n";
  }
  for (const VerbFacts& verb : verbs) {
    const std::string start = "complete -c vole -n '__vole_verb_is " + verb.name + "'";
    text += "\n";
    for (const OptionFacts& option : verb.options) {
      std::string values;
      switch (KindOf(option)) {
        case Kind::kProject:
          values = " -a '(__fish_complete_suffix .vole)'";
          break;
        case Kind::kFile:
          values = " -F";
          break;
        case Kind::kFolder:
          values = " -a '(__fish_complete_directories)'";
          break;
        case Kind::kVerb:
          values = " -a " + quoted(VerbNames(verbs));
          break;
        case Kind::kWords:
          values = " -a " + quoted(Words(option));
          break;
        case Kind::kNothing:
          break;
      }
      if (option.argument) {
        if (!values.empty()) text += start + values + "\n";
        continue;
      }
      text += start;
      for (const std::string& name : option.names) {
        text += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.type.empty()) text += " -r" + values;
      text += " -d " + quoted(option.description) + "\n";
    }
  }
  return text;
}

}  // namespace app
