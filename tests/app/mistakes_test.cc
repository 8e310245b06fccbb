// What goes wrong gives one clear line, the right exit code, and harms nothing.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include "tests/support/journey.h"

namespace mistakes_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Journey;
using tests::Outcome;
using tests::Vole;
using tests::VoleJson;

namespace {

Journey& Scene() {
  static Journey journey(20);
  return journey;
}

void WriteText(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

void CheckProjectIsWhole(const std::string& project) {
  const json verify = VoleJson({"verify", project});
  CHECK(verify["ok"] == true);
  CHECK(verify["outlines"].get<int>() > 0);
}

}  // namespace

TEST_CASE("A mistyped verb, option or choice is a usage error with a suggestion") {
  CheckFails({"trian"}, 2, {"trian", "did you mean 'train'"});
  CheckFails({"info", "x.vole", "--jsn"}, 2, {"--jsn", "did you mean '--json'"});
  CheckFails({"import", "x.vole", "--format", "cocoo", "y"}, 2, {"cocoo", "did you mean 'coco'"});
  CheckFails({"train", Scene().project, "--stepps", "3"}, 2, {"did you mean '--steps'"});
  CheckFails({"train", Scene().project, "--steps", "many"}, 2, {"--steps", "many"});
  CheckFails({"train", Scene().project, "--steps", "-4"}, 2, {"--steps", "-4"});
  CheckFails({"train", Scene().project, "--model", "idsge"}, 2, {"did you mean 'idseg'"});
  CheckFails({"synth", Scene().Path("s"), "--scene", "two-vole"}, 2, {"did you mean 'two-voles'"});
  CheckFails({"evaluate", Scene().project}, 2, {"--truth"});
  CheckFails({"evaluate", Scene().project, "--metrics", "points", "--list-wrong"}, 2, {"points"});
  CheckFails({"evaluate", Scene().project, "--truth", "t.json", "--metrics", "voc", "--list-wrong"},
             2, {"--list-wrong", "voc", "coco-bbox"});
  CheckFails({"info"}, 2, {"project"});
  CheckFails({"sample", Scene().project, "--video", "vidoe"}, 1, {"vidoe", "did you mean 'video'"});
}

TEST_CASE("A span of frames that makes no sense is refused before anything is done") {
  for (const std::string span : {"5", "7:3", "a:b", "-1:4", "3:3", "1:2:3"}) {
    CheckFails(
        {"draw", Scene().project, "--out", Scene().Path("d"), "--what", "labels", "--frames", span},
        2, {"--frames"});
  }
  CheckFails(
      {"draw", Scene().project, "--out", Scene().Path("d"), "--what", "labels", "--frames", "0:21"},
      2, {"--frames", "20"});
}

TEST_CASE("Naming a video twice trains on its labels once, wherever the project stands") {
  const Journey journey(8);
  const std::string out = journey.Path("twice");
  const json train = VoleJson({"train", "--video", "video", journey.project, "--video", "video",
                               "--steps", "1", "--out", out});
  const json plain = VoleJson({"train", journey.project, "--steps", "1", "--out", out});
  CHECK(train["labels"] == plain["labels"]);
}

TEST_CASE("Every verb has a help text with a description and examples") {
  const Outcome overview = Vole({"help"});
  CHECK(overview.code == 0);
  for (const std::string verb :
       {"new", "add-video", "import", "export", "sample", "train", "predict", "review", "evaluate",
        "synth", "models", "jobs", "info", "verify", "demo", "open", "draw"}) {
    INFO(verb);
    CHECK(overview.out.find("\n  " + verb + " ") != std::string::npos);
    const Outcome help = Vole({verb, "--help"});
    CHECK(help.code == 0);
    CHECK(help.out.find("vole " + verb) != std::string::npos);
    CHECK(help.out.find("Examples:") != std::string::npos);
    CHECK(help.out.find("--json") != std::string::npos);
    CHECK(Vole({"help", verb}).out == help.out);
  }
}

TEST_CASE("A project that is missing, foreign, newer or taken is named, and left alone") {
  CheckFails({"info", Scene().Path("none.vole")}, 1, {"none.vole"});
  const std::string foreign = Scene().Path("foreign.vole");
  WriteText(foreign, "this is a letter, not a project");
  CheckFails({"info", foreign}, 1, {"foreign.vole", "not a Vole project"});
  CheckFails({"new", Scene().project}, 1, {"p.vole"});
  CheckFails({"new", Scene().Path("no/such/folder/x")}, 1, {"x.vole"});

  const std::string newer = Scene().Path("newer.vole");
  VoleJson({"new", newer});
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(newer.c_str(), &database) == SQLITE_OK);
  REQUIRE(sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr) ==
          SQLITE_OK);
  sqlite3_close(database);
  CheckFails({"info", newer}, 1, {"newer.vole", "newer Vole"});
  CheckFails({"import", newer, "--format", "coco", Scene().labels}, 1, {"newer Vole"});
}

TEST_CASE("A file that is no video, or only part of one, is refused in one line") {
  CheckFails({"add-video", Scene().project, Scene().Path("none.mp4")}, 1, {"none.mp4"});
  const std::string text = Scene().Path("text.mp4"), empty = Scene().Path("empty.mp4"),
                    cut = Scene().Path("cut.mp4");
  WriteText(text, "frame 1: a vole sits. frame 2: it runs.\n");
  CheckFails({"add-video", Scene().project, text}, 1, {"text.mp4"});
  WriteText(empty, "");
  CheckFails({"add-video", Scene().project, empty}, 1, {"empty.mp4"});
  std::filesystem::copy_file(Scene().video, cut);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 3);
  CheckFails({"add-video", Scene().project, cut}, 1, {"cut.mp4"});
  CHECK(VoleJson({"info", Scene().project})["videos"].size() == 1);
}

TEST_CASE("A video that moved is asked for, and found again by adding it from its new place") {
  Journey journey(8);
  const std::string moved = journey.Path("moved.mp4");
  std::filesystem::rename(journey.video, moved);
  CheckFails({"sample", journey.project, "--count", "2"}, 1, {"video", "add-video"});
  CheckFails({"train", journey.project, "--steps", "2"}, 1, {"video", "add-video"});
  CHECK(VoleJson({"info", journey.project})["videos"][0]["found"] == false);
  VoleJson({"add-video", journey.project, moved});
  const json info = VoleJson({"info", journey.project});
  REQUIRE(info["videos"].size() == 1);
  CHECK(info["videos"][0]["path"] == "moved.mp4");
  CheckProjectIsWhole(journey.project);
}

TEST_CASE("Labels that are wrong anywhere are refused whole") {
  const int labels = VoleJson({"info", Scene().project})["labels"];
  const std::string file = Scene().Path("wrong.json");
  const auto check = [&](const std::string& text, const std::vector<std::string>& words) {
    WriteText(file, text);
    CheckFails({"import", Scene().project, "--format", "coco", file}, 1, words);
    CHECK(VoleJson({"info", Scene().project})["labels"] == labels);
  };
  check("{ not json", {"wrong.json"});
  check("[]]", {"wrong.json"});
  std::ifstream in(Scene().labels);
  const json good = json::parse(in);
  json wrong = good;
  wrong["annotations"].back()["image_id"] = 987654;
  check(wrong.dump(), {"wrong.json", "987654"});
  wrong = good;
  wrong["annotations"].back()["segmentation"] = json::array({json::array({1, 2, 3, 4})});
  check(wrong.dump(), {"wrong.json"});
  wrong = good;
  wrong["annotations"].back()["segmentation"] = {{"size", {2000000000, 2000000000}},
                                                 {"counts", json::array({5, 5})}};
  check(wrong.dump(), {"wrong.json"});
  std::string text = good.dump();
  text.resize(text.size() / 2);
  check(text, {"wrong.json"});
}

TEST_CASE("Steps that need an earlier step say which") {
  const std::string bare = Scene().Path("bare.vole");
  VoleJson({"new", bare});
  CheckFails({"train", bare}, 1, {"no labels"});
  CheckFails({"predict", bare}, 1, {"vole train"});
  CheckFails({"review", Scene().project}, 1, {"vole predict"});
  CheckFails({"predict", Scene().project}, 1, {"vole train"});
  CheckFails({"predict", Scene().project, "--model", "nothing"}, 1, {"nothing"});
  CheckFails({"predict", Scene().project, "--model", Scene().labels}, 1, {"labels.json"});
  CheckFails({"draw", Scene().project, "--out", Scene().Path("d")}, 1, {"vole predict"});
  CheckFails({"train", Scene().project, "--out", Scene().Path("no/folder/m")}, 1, {"folder"});
}

TEST_CASE("A folder that cannot be written is named; what is in it can still be read") {
  Journey journey(8);
  std::filesystem::permissions(journey.folder.path(), std::filesystem::perms(0555));
  const bool root = getuid() == 0;
  const auto as_nobody = [root] {
    if (root && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(126);
  };
  if (root && Vole({"version"}, as_nobody).code != 0) {
    std::filesystem::permissions(journey.folder.path(), std::filesystem::perms(0755));
    MESSAGE("[skipped] the build folder cannot be read by another user than root");
    return;
  }
  CheckFails({"new", journey.Path("x.vole")}, 1, {"x.vole"}, as_nobody);
  CheckFails({"import", journey.project, "--format", "coco", journey.truth}, 1, {"p.vole"},
             as_nobody);
  const Outcome info = Vole({"info", journey.project, "--json"}, as_nobody);
  INFO(tests::Show(info));
  CHECK(info.code == 0);
  CHECK(info.Json()["videos"].size() == 1);
  std::filesystem::permissions(journey.folder.path(), std::filesystem::perms(0755));
  CheckProjectIsWhole(journey.project);
}

TEST_CASE("Standard output that cannot be written is an error, a closed pipe is not") {
  const Outcome full =
      Vole({"info", Scene().project}, [] { dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO); });
  CHECK(full.code == 1);
  CHECK(full.err.find("standard output") != std::string::npos);
  const Outcome closed = Vole({"help", "info"}, [] {
    int ends[2];
    if (pipe(ends) != 0) _exit(126);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
  });
  CHECK(closed.code == 0);
}

TEST_CASE("A verb that only reads brings an older project up to date and says so in one line") {
  tests::TempDir folder;
  for (const std::string verb : {"info", "models", "jobs", "verify", "report", "review"}) {
    const std::string file = (folder / (verb + ".vole")).string();
    std::ifstream text(std::string(VOLE_SOURCE_DIR) + "/tests/data/project_v2.sql");
    const std::string script{std::istreambuf_iterator<char>(text), {}};
    sqlite3* database = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
    CHECK(sqlite3_exec(database, script.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(database);
    const Outcome outcome = Vole({verb, file});
    INFO(verb << ": " << tests::Show(outcome));
    CHECK(outcome.err.find(verb +
                           ".vole: written by an older Vole and now brought up to date; as "
                           "it was, it is kept in " +
                           verb + ".vole.v2.bak\n") == 0);
    CHECK(outcome.code == (verb == "verify" ? 1 : 0));  // the video is not there
    CHECK(std::filesystem::exists(file + ".v2.bak"));
    CHECK(Vole({verb, file}).err.find("older") == std::string::npos);
  }
}

TEST_CASE("The help of train shows what every network takes, or what the asked one takes") {
  const auto help = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"train"};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("--help");
    const Outcome outcome = Vole(words);
    CHECK(outcome.code == 0);
    return outcome.out;
  };
  const auto shows = [](const std::string& text, const std::string& word) {
    return text.find(word) != std::string::npos;
  };
  const std::string all = help({});
  for (const char* word : {"--steps", "--minutes", "--batch", "--seed", "maskrcnn", "c3d"}) {
    CAPTURE(word);
    CHECK(shows(all, word));
  }
  for (const char* word : {"--depth", "--clip-frames", "--rank", "--window"}) {
    CAPTURE(word);
    CHECK_FALSE(shows(all, std::string("\n  ") + word));
  }
  const std::string mask = help({"--model", "maskrcnn"});
  CHECK(shows(mask, "--depth"));
  CHECK(shows(mask, "--proposals"));
  CHECK(shows(mask, "--rank"));
  CHECK_FALSE(shows(mask, "--clip-frames"));
  CHECK(shows(help({"--model", "c3d"}), "--clip-frames"));
  CHECK_FALSE(shows(help({"--model", "c3d"}), "--window"));
}

TEST_CASE("An option that the network does not take is refused by name, default or not") {
  const Journey journey(4);
  for (const std::vector<std::string>& given : {std::vector<std::string>{"--depth", "34"},
                                                {"--depth", "50"},
                                                {"--no-motion"},
                                                {"--model", "idnet", "--world-size", "2"},
                                                {"--model", "behavior-frame", "--window", "5"}}) {
    std::vector<std::string> words = {"train", journey.project};
    words.insert(words.end(), given.begin(), given.end());
    const std::string name = given[0] == "--model" ? given[2] : given[0];
    CheckFails(words, 2, {name == "--no-motion" ? "--motion" : name, "does not take it"});
  }
}

}  // namespace mistakes_test
