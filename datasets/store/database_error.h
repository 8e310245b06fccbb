#pragma once

#include <sqlite3.h>

#include <string>

#include "datasets/base/error.h"

namespace datasets {

class DatabaseError : public Error {
 public:
  DatabaseError(int code, const std::string& thing, const std::string& cause,
                const std::string& remedy = "")
      : Error(thing, cause, remedy), code_(code) {}
  int code() const { return code_; }  // SQLite's, extended
  bool IsDamage() const { return (code_ & 0xff) == SQLITE_CORRUPT; }

 private:
  int code_;
};
// The database refused a row: a duplicate, a dangling reference or a value outside of its range.
class ConstraintError : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};

// Another program holds the lock; the same may work in a moment.
class BusyError : public DatabaseError {
 public:
  using DatabaseError::DatabaseError;
};

}  // namespace datasets
