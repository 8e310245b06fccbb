// Which installed fonts have certain characters.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace app {

struct FontFile {
  std::string file;
  int face = 0;                   // in a collection
  std::set<uint16_t> characters;  // of those asked for
};
// As few installed scalable fonts as have the characters, as fontconfig prefers them; those that no
// font has are in none of the answers.
std::vector<FontFile> FontsWith(std::set<uint16_t> characters);

}  // namespace app
