#include "datasets/files/csv.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/store_data.h"
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

namespace {

CsvTable TableOf(const std::string& text) { return CsvTable::OfText(text, "table"); }

std::string Refusal(const std::string& text, size_t row, const std::string& column) {
  const std::string said = tests::MessageOf([&] { TableOf(text).Number(row, column); });
  CHECK(said.find('\n') == std::string::npos);
  return said;
}

}  // namespace

TEST_CASE("a decimal comma is read where a number is asked for, and stays where text is") {
  const CsvTable table = TableOf("dose;time;note\n1,5;0,25;1,2\n2,5;1;3,4\n");
  std::vector<std::string> notes;
  table.NoteCommas(&notes);
  CHECK(notes.empty());  // nobody has asked for a number
  CHECK(*table.Number(0, "time") == 0.25);
  CHECK(*table.Number(1, "time") == 1);
  CHECK(*table.Number(1, "dose") == 2.5);
  CHECK(table.Text(0, "dose") == "1,5");
  CHECK(table.Text(0, "note") == "1,2");
  CHECK(*table.Parse("4,5") == 4.5);
  table.NoteCommas(&notes);
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("'0,25' is 0.25") != std::string::npos);
  notes.clear();
  const CsvTable points = TableOf("a,b\n1.5,\"2,5\"\n");
  CHECK(*points.Number(0, "a") == 1.5);
  CHECK_FALSE(points.Parse("2,5"));  // commas part its fields
  points.NoteCommas(&notes);
  CHECK(notes.empty());
}

TEST_CASE("signs between thousands, and numbers of two kinds in one table, are refused") {
  for (const std::string number : {"1,234.5", "1.234,5", "1,234,567", "1.234.567"}) {
    CAPTURE(number);
    const std::string said = Refusal("a;b\n" + number + ";1\n", 0, "a");
    CHECK(said.find("line 2: '" + number + "' in column a is not a number") != std::string::npos);
    CHECK(said.find("between thousands") != std::string::npos);
  }
  CHECK(Refusal("a,b\n\"1,234\",1\n", 0, "a").find("between thousands") != std::string::npos);
  // Beside "0,5" a "1.234" may be a thousand.
  const CsvTable mixed = TableOf("a;b\n0,5;1.234\n");
  CHECK(*mixed.Number(0, "a") == 0.5);
  CHECK(tests::MessageOf([&] {
          mixed.Number(0, "b");
        }).find("line 2: '1.234' in column b has a decimal point") != std::string::npos);
}

}  // namespace csv_test
