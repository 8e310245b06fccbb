// The networks that Vole knows, by families: one line each in network_list.inc. Whoever must know
// what an architecture does asks here. No torch type here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "train/base/architecture.h"
#include "train/behavior/data.h"

namespace train {

// "outlines animals", "names animals", "recognizes behavior".
std::string_view TaskWords(Task task);

// In the order in which people should see them.
const std::vector<Architecture>& Architectures();
// Null when there is none of that name.
const Architecture* FindArchitecture(std::string_view name);
// Throws Error that names the known ones.
const Architecture& ArchitectureNamed(const std::string& name);
// Of a model's row: false too for an architecture that this program does not know.
bool IsFor(Task task, std::string_view architecture);
// Of those that learn a task; in the order of the table.
std::vector<std::string> NamesFor(Task task);

// Throws Error for a value out of range, and, by name, for an option that differs from its default
// and that options.model does not take.
void CheckTaken(const TrainOptions& options, const BehaviorOptions& behavior = {});
// "idseg does not take it; maskrcnn, yolact do", for a message about an option.
std::string NotTakenWords(const Architecture& architecture, std::string_view option);
// The same with everything at its default that the architecture does not take.
TrainOptions OnlyTaken(const Architecture& architecture, const TrainOptions& options);
BehaviorOptions OnlyTaken(const Architecture& architecture, const BehaviorOptions& options);

// Shows a visitor of options (datasets/base/options.h) only the fields that the architecture takes.
template <class Visitor>
struct TakenFields {
  const Architecture& architecture;
  Visitor& visitor;
  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    if (architecture.Takes(name)) visitor.Field(name, value, help, range);
  }
};

}  // namespace train
