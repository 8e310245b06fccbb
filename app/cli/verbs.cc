#include "app/cli/verbs.h"

namespace app {

int RunCli(int, char**) { return 2; }

}  // namespace app
