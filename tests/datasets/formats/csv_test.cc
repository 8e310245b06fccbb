#include "datasets/files/csv.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace csv_test {

using datasets::CsvField;
using datasets::CsvNumber;
using datasets::CsvTable;

TEST_CASE("any number goes into a table as digits that are read back, however large it is") {
  for (const double value :
       {0.0, -0.0, 1e300, -1e300, 1.7976931348623157e308, 1e60, 123456.789, -0.125, 5e-324}) {
    CAPTURE(value);
    const std::string text = CsvNumber(value);
    CHECK(text.find_first_not_of("0123456789.+-e") == std::string::npos);
    const auto read = datasets::ParseNumber(text);
    REQUIRE(read);
    CHECK(*read == doctest::Approx(value).epsilon(1e-9));
  }
  CHECK(CsvNumber(2.5000001) == "2.5");
  CHECK(CsvNumber(-0.0001) == "0");
}

TEST_CASE("a name that a spreadsheet would compute is written so that it stays a name") {
  const std::vector<std::string> names = {"=1+2",     "@SUM(A1)", "-2+cmd|' /C calc'!A0",
                                          "+A(1)",    "'=1",      "''@x",
                                          "+/+",      "-/- 3",    "plain",
                                          "'quoted'", "a=b",      "-5"};
  tests::TempDir folder;
  {
    std::ofstream file(folder / "t.csv");
    file << "name,next\n";
    for (const std::string& name : names) file << CsvField(name) << ",1\n";
  }
  const CsvTable table(folder / "t.csv", "table");
  REQUIRE(table.rows() == names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    CHECK(table.Text(i, "name") == names[i]);
    const char first = CsvField(names[i])[CsvField(names[i])[0] == '"' ? 1 : 0];
    if (i < 6) CHECK(first == '\'');
  }
  CHECK(CsvField("+/+") == "+/+");  // genotypes are no formulas
  CHECK(CsvField("-5") == "-5");
}

}  // namespace csv_test
