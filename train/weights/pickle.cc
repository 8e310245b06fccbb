#include "train/weights/pickle.h"

#include <cstring>
#include <unordered_map>

#include "datasets/base/error.h"

namespace train {

using datasets::Bytes;
using datasets::Shown;

namespace {

using PickleKind = PickleValue::Kind;

constexpr size_t kMostValues = 1'000'000;      // of a pickle; large networks have some ten thousand
constexpr size_t kMostReferences = 4'000'000;  // from values to values
constexpr const char* kOrderedDict = "collections OrderedDict";

class Reader {
 public:
  Reader(Bytes bytes, const std::function<bool(const std::string&)>& allowed,
         const std::string& file)
      : bytes_(bytes), allowed_(allowed), file_(file) {}

  Pickle Read() {
    while (!Step()) {
    }
    result_.root = Pop();
    result_.bytes_used = at_;
    return std::move(result_);
  }

 private:
  [[noreturn]] void Refuse(const std::string& cause) const {
    throw datasets::Error("weights " + file_, cause,
                          "get the file again, or save only its state_dict");
  }
  [[noreturn]] void Damaged() const { Refuse("its pickle is damaged or truncated"); }

  uint64_t Unsigned(int width) {
    if (!bytes_.Holds(at_, width)) Damaged();
    at_ += width;
    return bytes_.Unsigned(at_ - width, width);
  }
  std::string Text(uint64_t count) {
    if (!bytes_.Holds(at_, count)) Damaged();
    at_ += count;
    return {reinterpret_cast<const char*>(bytes_.data + at_ - count), static_cast<size_t>(count)};
  }
  std::string Line() {
    const void* end = std::memchr(bytes_.data + at_, '\n', bytes_.size - at_);
    if (!end) Damaged();
    const size_t count = static_cast<const uint8_t*>(end) - (bytes_.data + at_);
    std::string text = Text(count);
    ++at_;
    return text;
  }

  PickleValue& Push(PickleKind kind) {
    if (result_.values.size() >= kMostValues) Refuse("it holds too many values for weights");
    PushIndex(static_cast<PickleIndex>(result_.values.size()));
    result_.values.emplace_back();
    result_.values.back().kind = kind;
    return result_.values.back();
  }
  void PushIndex(PickleIndex index) {
    if (stack_.size() >= kMostValues) Refuse("it holds too many values for weights");
    stack_.push_back(index);
  }
  size_t Floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleIndex Pop() {
    if (stack_.size() <= Floor()) Damaged();
    const PickleIndex index = stack_.back();
    stack_.pop_back();
    return index;
  }
  PickleValue& Top() {
    if (stack_.size() <= Floor()) Damaged();
    return result_.values[stack_.back()];
  }
  std::vector<PickleIndex> PopToMark() {
    if (marks_.empty()) Damaged();
    std::vector<PickleIndex> items(stack_.begin() + static_cast<ptrdiff_t>(marks_.back()),
                                   stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return items;
  }
  std::vector<PickleIndex> PopSome(int count) {
    std::vector<PickleIndex> items(static_cast<size_t>(count));
    for (int i = count - 1; i >= 0; --i) items[i] = Pop();
    return items;
  }

  void Memorize(uint64_t key) {
    if (stack_.size() <= Floor()) Damaged();
    if (memo_.size() >= kMostValues) Refuse("it holds too many values for weights");
    memo_[key] = stack_.back();
  }
  void Recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) Damaged();
    PushIndex(found->second);
  }

  [[noreturn]] void RefuseGlobal(const std::string& name) const {
    Refuse("it asks for the Python object '" + Shown(name) +
           "'; only dictionaries of tensors are read, and nothing is ever run");
  }
  void Global(const std::string& module, const std::string& name) {
    const std::string full = module + " " + name;
    if (full != kOrderedDict && !allowed_(full)) RefuseGlobal(module + "." + name);
    Push(PickleKind::kGlobal).text = full;
  }
  void StackGlobal() {
    const PickleIndex name = Pop(), module = Pop();
    if (result_[name].kind != PickleKind::kText || result_[module].kind != PickleKind::kText)
      Damaged();
    const std::string module_text = result_[module].text, name_text = result_[name].text;
    Global(module_text, name_text);
  }

  void Reduce() {
    const PickleIndex arguments = Pop(), callable = Pop();
    if (result_[arguments].kind != PickleKind::kTuple ||
        result_[callable].kind != PickleKind::kGlobal) {
      Damaged();
    }
    if (result_[callable].text == kOrderedDict) return ReduceDict(arguments);
    std::string text = result_[callable].text;
    PickleValue& call = Push(PickleKind::kCall);
    call.text = std::move(text);
    call.items = {arguments};
  }
  // OrderedDict(), or OrderedDict([[key, value], ...]) as Python 2 wrote it.
  void ReduceDict(PickleIndex arguments) {
    std::vector<PickleIndex> items;
    const std::vector<PickleIndex>& given = result_[arguments].items;
    if (given.size() > 1 || (given.size() == 1 && result_[given[0]].kind != PickleKind::kList))
      Damaged();
    if (given.size() == 1) {
      for (const PickleIndex index : result_[given[0]].items) {
        const PickleValue& pair = result_[index];
        if ((pair.kind != PickleKind::kList && pair.kind != PickleKind::kTuple) ||
            pair.items.size() != 2) {
          Damaged();
        }
        Refer(2);
        items.insert(items.end(), pair.items.begin(), pair.items.end());
      }
    }
    Push(PickleKind::kDict).items = std::move(items);
  }

  // So that a small file cannot fill the memory by naming the same values again and again.
  void Refer(size_t count) {
    references_ += count;
    if (references_ > kMostReferences) Refuse("it holds too many values for weights");
  }
  void Append(const std::vector<PickleIndex>& items, PickleKind kind) {
    Refer(items.size());
    PickleValue& target = Top();
    if (target.kind != kind || (kind == PickleKind::kDict && items.size() % 2 != 0)) Damaged();
    target.items.insert(target.items.end(), items.begin(), items.end());
  }

  // A dictionary's attributes (`_metadata` of a state_dict) say nothing about tensors.
  void Build() {
    Pop();
    if (Top().kind != PickleKind::kDict)
      Refuse("it sets the state of an object; only dictionaries are read");
  }

  void Integer(uint64_t width) {
    const std::string digits = Text(width);
    if (width > 8) {
      Push(PickleKind::kBigInteger).text = digits;
      return;
    }
    uint64_t value = width > 0 && static_cast<unsigned char>(digits.back()) >= 128 ? ~0ULL : 0;
    for (size_t i = digits.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(digits[i]);
    Push(PickleKind::kInteger).integer = static_cast<int64_t>(value);
  }
  void Real() {
    const uint64_t little = Unsigned(8);
    const uint64_t bits = __builtin_bswap64(little);
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    Push(PickleKind::kReal).real = value;
  }
  void Sequence(PickleKind kind, std::vector<PickleIndex> items) {
    Refer(items.size());
    Push(kind).items = std::move(items);
  }

  // One opcode; true at the end.
  bool Step() {
    const auto code = static_cast<uint8_t>(Unsigned(1));
    switch (code) {
      case 0x80:  // PROTO
        if (Unsigned(1) > 5) Refuse("its pickle is of a newer kind than is known");
        break;
      case 0x95:  // FRAME
        if (!bytes_.Holds(at_ + 8, bytes_.Holds(at_, 8) ? bytes_.Unsigned(at_, 8) : 1)) Damaged();
        at_ += 8;
        break;
      case '.':  // STOP
        return true;
      case '(':  // MARK
        if (marks_.size() >= kMostValues) Refuse("it is nested too deeply for weights");
        marks_.push_back(stack_.size());
        break;
      case '0':  // POP
        Pop();
        break;
      case '1':  // POP_MARK
        PopToMark();
        break;
      case 'N':
        Push(PickleKind::kNone);
        break;
      case 0x88:  // NEWTRUE
      case 0x89:  // NEWFALSE
        Push(PickleKind::kBool).integer = code == 0x88;
        break;
      case 'J':  // BININT
        Integer(4);
        break;
      case 'K':  // BININT1
        Push(PickleKind::kInteger).integer = static_cast<int64_t>(Unsigned(1));
        break;
      case 'M':  // BININT2
        Push(PickleKind::kInteger).integer = static_cast<int64_t>(Unsigned(2));
        break;
      case 0x8a:  // LONG1
        Integer(Unsigned(1));
        break;
      case 0x8b:  // LONG4
        Integer(Unsigned(4));
        break;
      case 'G':  // BINFLOAT
        Real();
        break;
      case 'X':  // BINUNICODE
      case 'T':  // BINSTRING
      case 'B':  // BINBYTES
        PushText(4);
        break;
      case 0x8c:  // SHORT_BINUNICODE
      case 'U':   // SHORT_BINSTRING
      case 'C':   // SHORT_BINBYTES
        PushText(1);
        break;
      case 0x8d:  // BINUNICODE8
        PushText(8);
        break;
      case '}':
      case ']':
      case ')':
        Push(code == '}'   ? PickleKind::kDict
             : code == ']' ? PickleKind::kList
                           : PickleKind::kTuple);
        break;
      case 't':  // TUPLE
        Sequence(PickleKind::kTuple, PopToMark());
        break;
      case 'l':  // LIST
        Sequence(PickleKind::kList, PopToMark());
        break;
      case 'd': {  // DICT
        std::vector<PickleIndex> items = PopToMark();
        if (items.size() % 2 != 0) Damaged();
        Sequence(PickleKind::kDict, std::move(items));
        break;
      }
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        Sequence(PickleKind::kTuple, PopSome(code - 0x84));
        break;
      case 'a':  // APPEND
        Append(PopSome(1), PickleKind::kList);
        break;
      case 'e':  // APPENDS
        Append(PopToMark(), PickleKind::kList);
        break;
      case 's':  // SETITEM
        Append(PopSome(2), PickleKind::kDict);
        break;
      case 'u':  // SETITEMS
        Append(PopToMark(), PickleKind::kDict);
        break;
      case 'q':  // BINPUT
        Memorize(Unsigned(1));
        break;
      case 'r':  // LONG_BINPUT
        Memorize(Unsigned(4));
        break;
      case 0x94:  // MEMOIZE
        Memorize(memo_.size());
        break;
      case 'h':  // BINGET
        Recall(Unsigned(1));
        break;
      case 'j':  // LONG_BINGET
        Recall(Unsigned(4));
        break;
      case 'c': {  // GLOBAL
        const std::string module = Line();
        Global(module, Line());
        break;
      }
      case 0x93:  // STACK_GLOBAL
        StackGlobal();
        break;
      case 'i': {  // INST: would call it
        const std::string module = Line();
        RefuseGlobal(module + "." + Line());
      }
      case 'R':  // REDUCE
        Reduce();
        break;
      case 'b':  // BUILD
        Build();
        break;
      case 'Q':  // BINPERSID
        Sequence(PickleKind::kPersistent, PopSome(1));
        break;
      default:
        RefuseOpcode(code);
    }
    return false;
  }
  void PushText(int width) {
    const uint64_t count = Unsigned(width);
    std::string text = Text(count);
    Push(PickleKind::kText).text = std::move(text);
  }
  [[noreturn]] void RefuseOpcode(uint8_t code) const {
    static constexpr char kDigits[] = "0123456789abcdef";
    Refuse(std::string("its pickle has the opcode 0x") + kDigits[code >> 4] + kDigits[code & 15] +
           ", which no dictionary of tensors needs");
  }

  const Bytes bytes_;
  const std::function<bool(const std::string&)>& allowed_;
  const std::string& file_;
  size_t at_ = 0;
  Pickle result_;
  std::vector<PickleIndex> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleIndex> memo_;
  size_t references_ = 0;
};

}  // namespace

Pickle ReadPickle(Bytes bytes, const std::function<bool(const std::string&)>& allowed,
                  const std::string& file) {
  return Reader(bytes, allowed, file).Read();
}

}  // namespace train
