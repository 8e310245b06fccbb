#include "datasets/store/copy.h"

#include "datasets/files/atomic_file.h"
#include "datasets/store/transaction.h"

namespace datasets {

namespace fs = std::filesystem;

void CopyTo(Connection& connection, const fs::path& copy, const fs::path& older) {
  const fs::path part = MakeTemporaryFor(copy);
  try {
    const TrustedTables compared(connection);
    connection.Run("VACUUM INTO ?", FileName{part.string()});
    if (!older.empty() && fs::exists(copy)) {
      // A second name for the old one, so that at every moment a whole copy has this one.
      std::error_code failure;
      fs::remove(older, failure);
      fs::create_hard_link(copy, older, failure);
      if (failure) fs::rename(copy, older);  // a file system without links
    }
  } catch (...) {
    std::error_code ignored;
    fs::remove(part, ignored);
    throw;
  }
  ReplaceFile(part, copy);
}

}  // namespace datasets
