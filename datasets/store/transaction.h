#pragma once

#include "datasets/store/connection.h"

namespace datasets {

// BEGIN IMMEDIATE; rolled back when destroyed without Commit.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  void Commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

// From now until it is destroyed the connection reads the state of this moment.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
};

// While one lives, expressions of the file's own tables may use every function: VACUUM and ALTER
// look past the ones that Connection allows. Only for tables that CheckSchema has compared.
class TrustedTables {
 public:
  explicit TrustedTables(Connection& connection);
  ~TrustedTables();
  TrustedTables(const TrustedTables&) = delete;
  TrustedTables& operator=(const TrustedTables&) = delete;

 private:
  Connection& connection_;
};

}  // namespace datasets
