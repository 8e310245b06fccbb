#include "app/cli/pages/verb_facts.h"

#include <CLI/CLI.hpp>

namespace app {
namespace {

OptionFacts FactsOf(const CLI::Option& option) {
  OptionFacts facts;
  facts.argument = option.get_positional();
  if (facts.argument) {
    facts.names = {option.get_name(true)};
  } else {
    for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  }
  if (option.get_items_expected_max() > 0) {
    facts.type = option.get_type_name();
    facts.initial = option.get_default_str();
  }
  facts.repeated = option.get_expected_max() >= CLI::detail::expected_max_vector_size;
  facts.required = option.get_required();
  facts.description = option.get_description();
  return facts;
}

}  // namespace

std::vector<VerbFacts> FactsOf(const std::vector<Verb>& verbs) {
  std::vector<VerbFacts> all;
  for (const Verb& verb : verbs) {
    if (!verb.declare) continue;
    const DeclaredVerb declared(verb);
    VerbFacts facts{verb.name, verb.group, verb.summary, verb.description, verb.examples, {}};
    for (const CLI::Option* option : declared.command->get_options()) {
      facts.options.push_back(FactsOf(*option));
    }
    all.push_back(std::move(facts));
  }
  return all;
}

}  // namespace app
