#include "app/cli/environment.h"
#include "app/cli/verbs.h"

int main(int argc, char** argv) { app::End(app::RunCli(argc, argv)); }
