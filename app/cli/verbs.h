// The table of verbs behind `vole VERB ...`; one verb a file.
#pragma once

namespace app {

// Exit code: 0 done, 1 failed (one line on stderr), 2 usage, 130 cancelled.
int RunCli(int argc, char** argv);

}  // namespace app
