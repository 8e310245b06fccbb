// How a project file is opened, and when it may be read without its locks.
#pragma once

#include <filesystem>
#include <memory>

#include "datasets/store/connection.h"

namespace datasets {

// FILE-wal or FILE-journal holds something that belongs to the file: `suffix` says which.
bool HasBeside(const std::filesystem::path& file, const char* suffix);

// A connection for reading. `*mode` becomes kImmutable (the file is read as it lies there, without
// locks) only where the folder cannot be written, so that no program here can lock or change it,
// and where no other program has left work beside the file: never because somebody else is just
// writing. What a killed program had left half written is undone first where that may be done, as
// every program that writes would; elsewhere the Error says so. Throws Error.
std::unique_ptr<Connection> OpenUnchecked(const std::filesystem::path& file, Connection::Mode* mode,
                                          int busy_timeout_ms);

// The same for a project of today's version: throws Error for any other file, and brings an older
// one up to date; where that cannot be written, the Error names the command that makes a copy.
std::unique_ptr<Connection> OpenForReading(const std::filesystem::path& file,
                                           Connection::Mode* mode, int busy_timeout_ms);

// For reading and writing; brings an older file up to date, and marks the jobs of programs that
// are no more as interrupted. Throws Error.
std::unique_ptr<Connection> OpenForWriting(const std::filesystem::path& file, int busy_timeout_ms);

// Fills an empty or missing file with an empty project. Throws Error.
void MakeProjectFile(const std::filesystem::path& file, int busy_timeout_ms);

}  // namespace datasets
