// How programs of Vole start each other, and settings of the numeric libraries that must stand
// before those libraries are loaded.
#pragma once

#include <filesystem>
#include <string>

namespace app {

// Sets, where the user has not: OMP_WAIT_POLICY=PASSIVE (spinning threads starve a busy machine),
// GLIBC_TUNABLES=glibc.malloc.hugetlb=1 (memory in large pages: a tenth less for a training),
// GLOG_minloglevel and TORCH_CPP_LOG_LEVEL (LibTorch would write its warnings between our lines),
// and OPENBLAS_CORETYPE=SKYLAKEX on a processor with AVX-512 (OpenBLAS 0.3.21 falls back to its
// oldest kernels on those that are newer than itself). Returns true when anything was changed: the
// libraries of this process have then read the old values, and it should start itself again.
bool PrepareEnvironment();

// Where the program `name` of the same Vole lies: beside this one (as built), or, seen from
// PREFIX/bin, in PREFIX/libexec/vole (as installed, wherever PREFIX is). Where it is in neither,
// beside this one.
std::filesystem::path ProgramFile(const std::string& name);

// Becomes the program `name` of the same Vole, with the arguments argv[1..]; throws Error when it
// is not there. `name` empty: this program again.
void BecomeProgram(const char* name, char** argv);

// Ends the program with this code once what it printed is out, without what libraries tear down at
// an exit (LibTorch takes thousands of kernels out of its tables): nothing of ours waits for that.
[[noreturn]] void End(int code);

}  // namespace app
