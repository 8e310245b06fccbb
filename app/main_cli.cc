#include "app/cli/verbs.h"

int main(int argc, char** argv) { return app::RunCli(argc, argv); }
