// The texts of shaders/, embedded at build time.
#pragma once

namespace app {

// Null when there is no such file in shaders/.
const char* ShaderSource(const char* file_name);

}  // namespace app
