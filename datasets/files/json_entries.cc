#include "datasets/files/json_entries.h"

#include <vector>

#include "datasets/base/error.h"

namespace datasets {

namespace {

using nlohmann::json;

constexpr size_t kDeepestNesting = 64;

class EntryReader {
 public:
  EntryReader(const std::string& what, size_t bytes, const JsonEntryVisitor& visit)
      : what_(what), bytes_(bytes), visit_(visit) {}

  bool null() { return Value(json(nullptr)); }
  bool boolean(bool value) { return Value(json(value)); }
  bool number_integer(json::number_integer_t value) { return Value(json(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return Value(json(value)); }
  bool number_float(json::number_float_t value, const std::string&) { return Value(json(value)); }
  bool string(std::string& value) { return Value(json(std::move(value))); }
  bool binary(json::binary_t&) { return false; }

  bool start_object(size_t) {
    if (place_ == Place::kBeforeRoot) {
      place_ = Place::kRootObject;
      return true;
    }
    return Open(json::object());
  }
  bool start_array(size_t) {
    if (place_ == Place::kBeforeRoot) {
      place_ = Place::kList;
      root_is_list_ = true;
      return true;
    }
    if (place_ == Place::kRootObject && stack_.empty()) {
      place_ = Place::kList;
      index_ = 0;
      return true;
    }
    return Open(json::array());
  }
  bool key(std::string& name) {
    if (stack_.empty()) {
      section_ = std::move(name);
    } else {
      member_ = &(*stack_.back())[name];
    }
    return true;
  }
  bool end_object() {
    if (stack_.empty()) {
      place_ = Place::kDone;
      return true;
    }
    return Close();
  }
  bool end_array() {
    if (stack_.empty()) {
      place_ = root_is_list_ ? Place::kDone : Place::kRootObject;
      return true;
    }
    return Close();
  }

  bool parse_error(size_t byte, const std::string& token, const json::exception& exception) {
    std::string where = " at byte " + std::to_string(byte);
    if (place_ == Place::kList) {
      where += ", in entry " + std::to_string(index_ + 1) + " of " +
               (section_.empty() ? "the list" : "'" + section_ + "'");
      if (last_id_ != kNoId) where += " (after id " + std::to_string(last_id_) + ")";
    }
    const std::string message = exception.what();
    if (byte >= bytes_ && place_ != Place::kBeforeRoot) {
      throw Error(what_, "the file ends in the middle" + where,
                  "it was cut off while it was written or copied: export or copy it again");
    }
    if (message.find("number overflow") != std::string::npos) {
      throw Error(what_, "a number is too large" + where, "correct it in the file");
    }
    const bool not_a_number =
        !token.empty() && token.back() != '"' && token.find_first_of("NI") != std::string::npos;
    if (not_a_number) {
      throw Error(what_, "NaN or Infinity instead of a number" + where,
                  "JSON has no such number: correct or remove that entry");
    }
    throw Error(what_, "it is not JSON" + where, "give a JSON file");
  }

  bool complete() const { return place_ == Place::kDone; }

 private:
  enum class Place { kBeforeRoot, kRootObject, kList, kDone };
  static constexpr int64_t kNoId = INT64_MIN;

  // Where the next value of the entry that is being built goes.
  json* Put(json&& value) {
    json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    *member_ = std::move(value);
    return member_;
  }
  bool Value(json&& value) {
    if (stack_.empty()) {
      entry_ = std::move(value);
      Deliver();
    } else {
      Put(std::move(value));
    }
    return true;
  }
  bool Open(json&& value) {
    if (stack_.size() >= kDeepestNesting) {
      throw Error(what_, "its lists are nested deeper than any file of this kind",
                  "give a file of this format");
    }
    if (stack_.empty()) {
      entry_ = std::move(value);
      stack_.push_back(&entry_);
    } else {
      stack_.push_back(Put(std::move(value)));
    }
    return true;
  }
  bool Close() {
    stack_.pop_back();
    if (stack_.empty()) Deliver();
    return true;
  }
  void Deliver() {
    const bool in_list = place_ == Place::kList;
    if (in_list && entry_.is_object()) {
      auto id = entry_.find("id");
      if (id != entry_.end() && id->is_number_integer()) last_id_ = id->get<int64_t>();
    }
    visit_(section_, in_list ? index_ : -1, entry_);
    if (in_list) ++index_;
    if (place_ == Place::kBeforeRoot) place_ = Place::kDone;
  }

  const std::string& what_;
  const size_t bytes_;
  const JsonEntryVisitor& visit_;
  Place place_ = Place::kBeforeRoot;
  bool root_is_list_ = false;
  std::string section_;
  int64_t index_ = 0;
  int64_t last_id_ = kNoId;
  json entry_;
  std::vector<json*> stack_;
  json* member_ = nullptr;
};

}  // namespace

void ReadJsonEntries(const std::filesystem::path& path, const std::string& what,
                     const JsonEntryVisitor& visit) {
  const std::string text = ReadTextFile(path, what);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Error(what, "the file is empty", "give a JSON file");
  }
  EntryReader reader(what, text.size(), visit);
  if (!json::sax_parse(text.data(), text.data() + text.size(), &reader) || !reader.complete()) {
    throw Error(what, "it is not JSON", "give a JSON file");
  }
}

json ReadJsonFile(const std::filesystem::path& path, const std::string& what) {
  json tree;
  bool has_list = false;
  ReadJsonEntries(path, what, [&](const std::string& section, int64_t index, json& value) {
    if (section.empty() && tree.is_object()) return;  // a member without a name
    if (section.empty() && index < 0) {
      tree = std::move(value);
      return;
    }
    has_list = has_list || section.empty();
    // What came before under the same name, or under none, gives way.
    if (!section.empty() && !tree.is_object()) tree = json::object();
    json& place = section.empty() ? tree : tree[section];
    if (index < 0) {
      place = std::move(value);
      return;
    }
    if (!place.is_array()) place = json::array();
    place.push_back(std::move(value));
  });
  if (tree.is_null() && !has_list) tree = json::object();
  return tree;
}

}  // namespace datasets
