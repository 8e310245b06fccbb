#include "train/weights/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <thread>

#include "datasets/base/error.h"

namespace train {
namespace {

using datasets::Error;
namespace fs = std::filesystem;

constexpr int kMostFailures = 4;  // one after the other without a byte between
constexpr long kConnectSeconds = 30, kSilentSeconds = 60;
constexpr int64_t kMostBytes = int64_t{8} << 30;

// FILE.part, locked for this process.
class PartFile {
 public:
  PartFile(const fs::path& path, const std::string& name) : path_(path), name_(name) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor_ < 0) Fail("cannot be written");
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      ::close(descriptor_);
      throw Error("weights '" + name + "'", "another program is fetching them already",
                  "wait for it to end");
    }
  }
  ~PartFile() { ::close(descriptor_); }
  PartFile(const PartFile&) = delete;

  int64_t bytes() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) Fail("cannot be read");
    return status.st_size;
  }
  void Clear() {
    if (::ftruncate(descriptor_, 0) != 0) Fail("cannot be written");
  }
  void Append(const char* data, size_t count) {
    while (count > 0) {
      const ssize_t written = ::write(descriptor_, data, count);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) Fail("cannot be written");
      data += written;
      count -= static_cast<size_t>(written);
    }
  }
  void MoveTo(const fs::path& target) {
    if (::fsync(descriptor_) != 0) Fail("cannot be written");
    if (::rename(path_.c_str(), target.c_str()) != 0) Fail("cannot be renamed");
  }

 private:
  [[noreturn]] void Fail(const std::string& doing) const {
    throw Error("file '" + path_.string() + "'", doing + ": " + std::strerror(errno),
                errno == ENOSPC ? "free some space on that disk"
                                : "choose another cache folder "
                                  "with XDG_CACHE_HOME");
  }
  const fs::path path_;
  const std::string name_;
  int descriptor_ = -1;
};

struct Answer {
  CURLcode code = CURLE_OK;
  long status = 0;  // of HTTP
  std::string text;
};

class Transfer {
 public:
  Transfer(const PublicFile& known, std::string url, fs::path target, PartFile& part,
           datasets::Job& job)
      : known_(known),
        url_(std::move(url)),
        target_(std::move(target)),
        part_(part),
        job_(job),
        curl_(curl_easy_init(), curl_easy_cleanup) {
    VOLE_CHECK(curl_ != nullptr);
  }

  // Until the whole file is there.
  void Run() {
    for (int failures = 0; failures < kMostFailures;) {
      const int64_t before = part_.bytes();
      const Answer answer = Once(before);
      if (answer.code == CURLE_OK && answer.status != 416) return;
      // The server holds no more than we have: whole, or something else; the check will tell.
      if (answer.status == 416 && before > 0 && !restarted_) {
        if (Total() == before) return;
        Restart();
        continue;
      }
      if (answer.code == CURLE_RANGE_ERROR && before > 0) {
        Restart();
        continue;
      }
      if (!MayPass(answer)) Refuse(answer);
      failures = part_.bytes() > before ? 1 : failures + 1;
      if (failures >= kMostFailures) Refuse(answer);
      if (part_.bytes() == before) Wait(failures);
    }
  }

 private:
  void Restart() {
    part_.Clear();
    restarted_ = true;
  }

  Answer Once(int64_t from) {
    char text[CURL_ERROR_SIZE] = "";
    CURL* curl = curl_.get();
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    // Who asked a server that proves who it is is not sent on to one that does not.
    const char* protocols = url_.rfind("https:", 0) == 0 ? "https" : "http,https";
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "vole");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kSilentSeconds);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(from));
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, OnData);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, OnProgress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    from_ = from;
    received_ = 0;
    thrown_ = nullptr;
    Answer answer;
    answer.code = curl_easy_perform(curl);
    if (thrown_) std::rethrow_exception(thrown_);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    answer.text = *text ? text : curl_easy_strerror(answer.code);
    return answer;
  }

  // The file's size as "Content-Range: bytes */SIZE" of a 416 says it; -1 when it does not.
  int64_t Total() {
    curl_header* header = nullptr;
    if (curl_easy_header(curl_.get(), "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
      return -1;
    }
    const char* slash = std::strchr(header->value, '/');
    return slash ? std::strtoll(slash + 1, nullptr, 10) : -1;
  }

  // Nothing may pass through curl's C code: exceptions wait here.
  template <class Work>
  bool Guarded(Work work) {
    try {
      work();
      return true;
    } catch (...) {
      thrown_ = std::current_exception();
      return false;
    }
  }
  static size_t OnData(char* data, size_t size, size_t count, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    const bool good = transfer->Guarded([&] {
      transfer->received_ += static_cast<int64_t>(size * count);
      const int64_t most = transfer->known_.bytes > 0 ? transfer->known_.bytes : kMostBytes;
      if (transfer->from_ + transfer->received_ > most) {
        transfer->part_.Clear();
        throw Error("weights '" + transfer->known_.name + "'",
                    "the server sends more than the published file holds",
                    "get the file in another way and put it to " + transfer->target_.string());
      }
      transfer->part_.Append(data, size * count);
    });
    return good ? size * count : 0;
  }
  static int OnProgress(void* self, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
    auto* transfer = static_cast<Transfer*>(self);
    return !transfer->Guarded([&] {
      transfer->job_.Advance(static_cast<double>(transfer->from_ + transfer->received_),
                             total > 0 ? static_cast<double>(transfer->from_ + total) : 0,
                             "fetching " + transfer->known_.file);
    });
  }

  // Troubles of the way, which may be over at the next try.
  static bool MayPass(const Answer& answer) {
    switch (answer.code) {
      case CURLE_PARTIAL_FILE:
      case CURLE_RECV_ERROR:
      case CURLE_SEND_ERROR:
      case CURLE_GOT_NOTHING:
      case CURLE_OPERATION_TIMEDOUT:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        return true;
      case CURLE_HTTP_RETURNED_ERROR:
        return answer.status == 429 || answer.status >= 500;
      default:
        return false;
    }
  }
  void Wait(int failures) {
    for (int tenth = 0; tenth < 5 * failures; ++tenth) {
      job_.ThrowIfCancelled();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  [[noreturn]] void Refuse(const Answer& answer) const {
    const std::string thing = "weights '" + known_.name + "'";
    const std::string by_hand = "put the file to " + target_.string();
    switch (answer.code) {
      case CURLE_COULDNT_RESOLVE_HOST:
      case CURLE_COULDNT_RESOLVE_PROXY:
      case CURLE_COULDNT_CONNECT:
      case CURLE_OPERATION_TIMEDOUT:
        throw Error(thing, "there is no network, or the server cannot be reached: " + answer.text,
                    "run it again with a network, or fetch " + url_ + " elsewhere and " + by_hand);
      case CURLE_HTTP_RETURNED_ERROR:
        throw Error(thing, "the server answered " + std::to_string(answer.status) + " for " + url_,
                    "find the file elsewhere and " + by_hand);
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
        throw Error(thing, "the server could not prove who it is: " + answer.text,
                    "install ca-certificates and check the clock");
      case CURLE_PARTIAL_FILE:
      case CURLE_RECV_ERROR:
      case CURLE_GOT_NOTHING:
        throw Error(thing, "the connection broke again and again: " + answer.text,
                    "run it again: it goes on where it stopped");
      default:
        throw Error(thing, "fetching " + url_ + " failed: " + answer.text, "run it again later");
    }
  }

  const PublicFile& known_;
  const std::string url_;
  const fs::path target_;
  PartFile& part_;
  datasets::Job& job_;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
  int64_t from_ = 0, received_ = 0;
  bool restarted_ = false;
  std::exception_ptr thrown_;
};

std::string AddressOf(const PublicFile& known) {
  const char* base = std::getenv("VOLE_WEIGHTS_URL");
  if (!base || !*base) return known.url;
  const std::string folder = base;
  return folder + (folder.back() == '/' ? "" : "/") + known.file;
}

void MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw Error("folder '" + folder.string() + "'", "it cannot be made: " + error.message(),
                "choose another cache folder with XDG_CACHE_HOME");
  }
}

}  // namespace

Fetched FetchWeights(const PublicFile& known, const fs::path& folder, datasets::Job& job) {
  Fetched fetched;
  fetched.file = folder / known.file;
  std::error_code ignored;
  if (fs::exists(fetched.file, ignored)) {
    try {
      CheckPublicFile(known, fetched.file);
      fetched.was_there = true;
      fetched.bytes = static_cast<int64_t>(fs::file_size(fetched.file));
      return fetched;
    } catch (const Error&) {
      // Damaged since: fetched anew below; the old file stays until the new one is whole.
    }
  }
  MakeFolder(folder);
  const fs::path part_path = fetched.file.string() + ".part";
  PartFile part(part_path, known.name);
  fetched.resumed_from = part.bytes();
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  VOLE_CHECK(kReady == CURLE_OK);
  const auto RemovePart = [&](bool even_with_data) {
    if (even_with_data || part.bytes() == 0) fs::remove(part_path, ignored);
  };
  try {
    Transfer(known, AddressOf(known), fetched.file, part, job).Run();
  } catch (...) {
    RemovePart(false);
    throw;
  }
  fetched.bytes = part.bytes();
  job.Advance(static_cast<double>(fetched.bytes), static_cast<double>(fetched.bytes),
              "checking " + known.file);
  try {
    CheckPublicFile(known, part_path);
  } catch (const Error&) {
    RemovePart(true);
    throw;
  }
  part.MoveTo(fetched.file);
  return fetched;
}

}  // namespace train
