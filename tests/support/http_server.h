// A web server on this machine that misbehaves on demand.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tests {

class HttpServer {
 public:
  explicit HttpServer(std::map<std::string, std::string> files) : files_(std::move(files)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 8) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no server on this machine");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~HttpServer() {
    ending_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  HttpServer(const HttpServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // First line of each request, and its Range where it has one: "GET /x HTTP/1.1 bytes=5-".
  std::vector<std::string> requests() {
    std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }

  std::atomic<bool> ranges{true};      // false: always the whole file
  std::atomic<int> breaks{0};          // this many answers end after `break_after` bytes
  std::atomic<size_t> break_after{0};  // of the body
  std::atomic<bool> hold{false};       // stay silent after `break_after` bytes while this is set
  std::atomic<int> refusals{0};        // this many answers are "503"

 private:
  void Serve() {
    while (!ending_) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      Answer(client, ReadRequest(client));
      shutdown(client, SHUT_RDWR);
      close(client);
    }
  }

  static std::string ReadRequest(int client) {
    std::string text;
    char buffer[4096];
    while (text.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = recv(client, buffer, sizeof(buffer), 0);
      if (count <= 0) break;
      text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }

  static bool Send(int client, const std::string& data) {
    for (size_t at = 0; at < data.size();) {
      const ssize_t sent = send(client, data.data() + at, data.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      at += static_cast<size_t>(sent);
    }
    return true;
  }

  void Answer(int client, const std::string& request) {
    if (request.empty()) return;
    std::string line = request.substr(0, request.find("\r\n"));
    const std::string wanted = line.substr(5, line.find(' ', 5) - 5);
    size_t from = 0;
    const size_t range = request.find("Range: bytes=");
    if (range != std::string::npos) {
      const std::string text = request.substr(range + 7, request.find("\r\n", range) - range - 7);
      line += " " + text;
      if (ranges) from = std::strtoull(text.c_str() + 6, nullptr, 10);
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      requests_.push_back(line);
    }
    const auto found = files_.find(wanted);
    if (refusals > 0) {
      --refusals;
      Send(client, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (found == files_.end()) {
      Send(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    } else if (from > 0 && from >= found->second.size()) {
      Send(client, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */" +
                       std::to_string(found->second.size()) +
                       "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    } else {
      SendFile(client, found->second, from);
    }
  }

  void SendFile(int client, const std::string& file, size_t from) {
    const size_t count = file.size() - from;
    std::string head = from > 0 ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " +
                                      std::to_string(from) + "-" + std::to_string(file.size() - 1) +
                                      "/" + std::to_string(file.size()) + "\r\n"
                                : "HTTP/1.1 200 OK\r\n";
    head += "Content-Length: " + std::to_string(count) + "\r\nConnection: close\r\n\r\n";
    if (!Send(client, head)) return;
    if (breaks > 0) {
      --breaks;
      Send(client, file.substr(from, break_after));
      return;
    }
    if (hold) {
      Send(client, file.substr(from, break_after));
      while (hold && !ending_) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      return;
    }
    Send(client, file.substr(from));
  }

  const std::map<std::string, std::string> files_;
  int listener_ = -1, port_ = 0;
  std::atomic<bool> ending_{false};
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace tests
