#include "datasets/base/sha256.h"

#include <doctest/doctest.h>

#include <fstream>

#include "datasets/video/fingerprint.h"
#include "datasets/video/video.h"
#include "tests/support/temp_dir.h"

namespace sha256_test {

TEST_CASE("SHA-256 gives the values of its standard, in pieces too") {
  datasets::Sha256 nothing, abc, pieces;
  CHECK(nothing.Hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  abc.Add("abc");
  CHECK(abc.Hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  pieces.Add("a");
  pieces.Add("bc", 2);
  CHECK(pieces.Hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a file's fingerprint is that of projects of earlier versions") {
  tests::TempDir folder;
  std::ofstream(folder / "a") << "abc";
  datasets::Sha256 hash;  // the size in eight bytes, the start, the end
  hash.Add(std::string("\3\0\0\0\0\0\0\0", 8));
  hash.Add("abcabc");
  CHECK(datasets::FingerprintFile(folder / "a") == hash.Hex());
}

}  // namespace sha256_test
