// Writes a file as it should not be done: in place, and without putting it down. The loop of faults
// must find it wrong. usage: careless FILE
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ofstream out(argv[1]);
  for (int i = 0; i < 20; ++i) out << std::string(1000, static_cast<char>('a' + i)) << std::flush;
  return out ? 0 : 1;
}
