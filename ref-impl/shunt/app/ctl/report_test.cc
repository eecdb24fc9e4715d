// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/ctl/report.hh"

#include <gtest/gtest.h>

#include "shunt/app/ctl/text_table.hh"

namespace shunt::app::ctl {
namespace {

TEST(TextTable, AlignsTextLeftAndNumbersRight) {
    TextTable table({"name", "count", "note"});
    table.add({"a", "7", ""});
    table.add({"longer", "1234", "x"});
    EXPECT_EQ(table.to_string(),
              "name    count  note\n"
              "a           7\n"
              "longer   1234  x\n");
}

TEST(TextTable, MovesNoCursor) {
    EXPECT_EQ(printable("plain ~"), "plain ~");
    EXPECT_EQ(printable("\x1b[2J\n\x7f\xc3\xa9"), "\\x1b[2J\\x0a\\x7f\\xc3\\xa9");
}

TEST(CtlReport, ShowsTablesInTheirOrderWithTheirRows) {
    const Json tables = Json::parse(R"({
        "forward":[],
        "local":[{"connection":"10.7.0.9:4711>10.7.1.1:80/tcp","epoch":0,"peer":"",
                  "protocol":"tcp","state":"ESTABLISHED"}]})");
    EXPECT_EQ(report("tables", tables, ""),
              "local (1)\n"
              "connection                     protocol  state        epoch  peer\n"
              "10.7.0.9:4711>10.7.1.1:80/tcp  tcp       ESTABLISHED      0\n"
              "\n"
              "forward (0)\n");
    EXPECT_EQ(report("tables", tables, "forward"), "forward (0)\n");
    EXPECT_EQ(report("tables", tables, "nothing"), "none\n");
}

TEST(CtlReport, ShowsFieldsOneALine) {
    const Json state = Json::parse(
        R"({"server":"s1","connections":3,"tables":{"local":2,"forward":1},"is_self":true})");
    EXPECT_EQ(report("state", state, ""),
              "server       s1\n"
              "is_self      yes\n"
              "connections  3\n"
              "tables       forward 1, local 2\n");
}

TEST(CtlReport, ShowsOneTableWithoutTitle) {
    const Json members =
        Json::parse(R"({"members":[{"server":"s1","id":1,"services":["a","b"]}]})");
    EXPECT_EQ(report("members", members, ""),
              "server  id  services\n"
              "s1       1  a b\n");
    EXPECT_EQ(report("sessions", Json::parse(R"({"sessions":[]})"), ""), "none\n");
}

TEST(CtlReport, ShowsCountersAndTheirGrowth) {
    const Json before = Json::parse(R"({"drop.a":5,"forward.sent":9})");
    const Json now = Json::parse(R"({"drop.a":7,"drop.b":1,"forward.sent":9})");
    EXPECT_EQ(report("counters", Json::object(), ""), "nothing has been counted\n");
    EXPECT_EQ(report("counters", before, "drop."), "drop.a           5\n");
    EXPECT_EQ(report_growth(before, now, "drop."),
              "counter  value  growth\n"
              "drop.a       7      +2\n"
              "drop.b       1      +1\n");
    // A node that was restarted has counted anew.
    EXPECT_EQ(report_growth(now, Json::parse(R"({"drop.a":3})"), ""),
              "counter  value  growth\n"
              "drop.a       3      +3\n");
}

TEST(CtlReport, SurvivesWhatNoNodeSays) {
    for (const char* text : {"null", "7", "[]", "[1,{}]", "\"x\"", R"({"a":[1,{"b":null}]})",
                             R"({"t":[{"x":{"y":[[]]}}]})", R"({"\u001b[2J":"\u001b[2J"})"}) {
        for (const char* verb : {"tables", "counters", "state", "members"}) {
            const std::string shown = report(verb, Json::parse(text), "");
            EXPECT_EQ(shown.find('\x1b'), std::string::npos) << text;
        }
    }
}

}  // namespace
}  // namespace shunt::app::ctl
