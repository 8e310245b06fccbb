// Which Vole this is.
#pragma once

namespace app {

// "0.1.0": the version that CMakeLists.txt gives the project.
const char* Version();
// The commit that was built, twelve digits, with a "+" where files had been changed since;
// "unknown" where the sources were no checkout of git (a tar file).
const char* Commit();

}  // namespace app
