#include "datasets/unknown_name.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "datasets/store/reader.h"

namespace datasets {

std::optional<Id> UnknownOf(const std::vector<CategoryRow>& categories) {
  const auto found = std::find_if(categories.begin(), categories.end(), IsUnknown);
  return found == categories.end() ? std::nullopt : std::optional<Id>(found->id);
}

Id FindOrInsertUnknown(Writer& writer) {
  const std::vector<CategoryRow> categories = Reader(writer.connection()).Categories();
  if (const auto id = UnknownOf(categories)) return *id;
  CategoryRow unknown;
  unknown.name = "unknown";
  const auto is_taken = [&] {
    return std::any_of(categories.begin(), categories.end(),
                       [&](const CategoryRow& other) { return other.name == unknown.name; });
  };
  for (int n = 2; is_taken(); ++n) unknown.name = "unknown_" + std::to_string(n);
  unknown.supercategory = kUnknownKind;
  unknown.id = writer.FindOrInsertCategory(unknown.name, kUnknownKind);
  constexpr uint32_t kGrey = 0x9A9A9A;
  unknown.color = kGrey;
  for (const CategoryRow& other : categories) {  // after all animals
    unknown.sort_order = std::max(unknown.sort_order, other.sort_order + 1);
  }
  writer.UpdateCategory(unknown);
  return unknown.id;
}

namespace {
constexpr char kUnknownAnimal[] = "unknown animal ";
}

std::string UnknownAnimalText(int number) { return kUnknownAnimal + std::to_string(number); }

std::optional<int> NumberOfUnknownAnimal(const std::string& text) {
  const size_t prefix = std::strlen(kUnknownAnimal);
  if (text.compare(0, prefix, kUnknownAnimal) != 0) return std::nullopt;
  int number = -1;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data() + prefix, end, number);
  if (failure != std::errc() || rest != end || number < 0) return std::nullopt;
  return number;
}

UnknownCount CountUnknown(const Project& project, Id job_id, Id video_id, int start_frame,
                          int end_frame) {
  UnknownCount count;
  const auto unknown = UnknownOf(project.Categories());
  if (!unknown) return count;
  project.ForEachConfidence(job_id, video_id, [&](int frame, Id category, double) {
    if (frame < start_frame || frame >= end_frame) return;
    ++count.all;
    count.unknown += category == unknown;
  });
  return count;
}

std::string UnknownText(const UnknownCount& count) {
  if (count.unknown == 0) return "";
  return "the name is unknown on " + std::to_string(count.unknown) + " of " +
         std::to_string(count.all) + " animal-frames";
}

}  // namespace datasets
