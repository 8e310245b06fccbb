// Which process a job belongs to, so that a job whose process has died is recognized.
#pragma once

#include <cstdint>
#include <string>

namespace datasets {

// "host|boot|pid|start" of this process; start and boot keep a re-used pid from passing for it.
std::string ThisProcess();
// False only when it is certain that the process has ended; another host's is taken to be alive.
bool MayBeAlive(const std::string& owner);

int64_t NowMs();  // ms since 1970, UTC

}  // namespace datasets
