// Base64 of RFC 4648, for pictures inside JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace datasets {

std::string EncodeBase64(const std::vector<uint8_t>& bytes);
// White space is skipped; nothing for any other foreign character.
std::optional<std::vector<uint8_t>> DecodeBase64(const std::string& text);

}  // namespace datasets
