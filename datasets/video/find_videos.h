// Which video files a person means by the name of a file, of a folder, or by a pattern.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace datasets {

struct FoundVideos {
  std::vector<std::filesystem::path> files;  // by path, each once
  std::vector<std::string> unread;           // "FOLDER: why": folders that could not be looked into
};

// `word` is a file, a folder, or a pattern of the shell that the shell has left alone
// ("day*/cage?.mp4"), which finds files and folders. Of a folder all files that fit are meant, also
// in folders beneath it (through links too, each folder once), but none whose name begins with a
// dot. Those fit whose name is like one of `patterns`, or, for a pattern with a '/', whose path
// from the folder is; without patterns, those that end like a video. A word that is nothing of
// these is the one file of that name, there or not. Throws Error where a pattern or a folder gives
// no file.
FoundVideos FindVideos(const std::string& word, const std::vector<std::string>& patterns);

// Folder by folder and name by name as a person counts: cage4_2.mp4 before cage4_10.mp4, GX010042
// before GX020042. Capital and small letters are alike.
void SortNaturally(std::vector<std::filesystem::path>* files);

}  // namespace datasets
