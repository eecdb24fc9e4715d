// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_session.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include <nlohmann/json.hpp>

#include "shunt/farm/standard_plan.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::json;

class ControlSessionTest : public ::testing::Test {
  protected:
    ControlSessionTest() { host_.restart(1, now_); }

    Json ask(std::string_view line) { return Json::parse(session_.answer(line, now_)); }
    Json result_of(std::string_view line) {
        const Json answer = ask(line);
        EXPECT_EQ(answer.value("ok", false), true) << answer;
        return answer.value("result", Json());
    }
    std::string error_of(std::string_view line) {
        const Json answer = ask(line);
        EXPECT_EQ(answer.value("ok", true), false) << answer;
        EXPECT_FALSE(answer.value("text", "").empty());
        return answer.value("error", "");
    }

    Instant now_ = Instant::from_nanoseconds(5);
    farm::FarmConfig config_ = farm::standard_plan(2);
    node::NoContents contents_;
    NodeHost host_{config_, config_.servers[0], contents_};
    ControlSession session_{host_, TimeMode::Virtual};
};

TEST_F(ControlSessionTest, EchoesTheIdWhateverItIs) {
    EXPECT_EQ(ask(R"({"id":7,"do":"hello"})")["id"], 7);
    EXPECT_EQ(ask(R"({"id":"x","do":"hello"})")["id"], "x");
    EXPECT_EQ(ask(R"({"id":[1],"do":"nonsense"})")["id"], Json::array({1}));
    EXPECT_EQ(ask(R"({"do":"hello"})")["id"], Json());
}

TEST_F(ControlSessionTest, SaysWhoItIsAndWhatItCan) {
    const Json hello = result_of(R"({"do":"hello"})");
    EXPECT_EQ(hello["device"], "shunt-node");
    EXPECT_EQ(hello["name"], "s1");
    EXPECT_EQ(hello["id"], 1);
    EXPECT_EQ(hello["time"], "virtual");
    const Json capabilities = result_of(R"({"do":"capabilities"})");
    EXPECT_EQ(capabilities["profiles"], Json::array({"endpoint"}));
    EXPECT_EQ(capabilities["ethertype"], 0x88B5);
    for (const std::string verb : capabilities["verbs"])
        EXPECT_NE(ask(Json{{"do", verb}}.dump()).value("error", ""), "unsupported") << verb;
}

TEST_F(ControlSessionTest, RefusesWhatItDoesNotKnow) {
    for (const char* verb : {"reset", "listen", "drain", "restart", "kill", "sessions", "members",
                             "log-level", "HELLO", ""})
        EXPECT_EQ(error_of(Json{{"do", verb}}.dump()), "unsupported") << verb;
}

TEST_F(ControlSessionTest, AnswersMalformedRequestsWithOneLine) {
    for (const char* line : {"", "{", "7", "[]", "\"hello\"", "{\"do\":7}", "{\"id\":1}",
                             "{\"do\":\"hello\"} {}", "\xFF\xFE", "{\"do\":\"\xC3\"}"}) {
        EXPECT_EQ(error_of(line), "malformed") << line;
        EXPECT_EQ(session_.answer(line, now_).find('\n'), std::string::npos);
    }
    EXPECT_EQ(error_of(std::string(100'000, '[')), "malformed");
    EXPECT_EQ(session_.answer("{", now_),
              R"({"error":"malformed","id":null,"ok":false,"text":"expected one JSON object on )"
              R"(one line"})");
}

TEST_F(ControlSessionTest, DumpsEmptyTablesOfAFreshNode) {
    const Json tables = result_of(R"({"do":"tables"})");
    for (const char* name : {"temporary", "local", "forward", "forward_connect"})
        EXPECT_EQ(tables[name], Json::array()) << name;
    EXPECT_EQ(tables["server_state"], Json::parse(R"([{"server":"s1","connections":0}])"));
    EXPECT_EQ(tables["listening_sockets"],
              Json::parse(R"([{"ip":"10.7.1.1","port":80,"application":"http"}])"));
    const Json state = result_of(R"({"do":"state"})");
    EXPECT_EQ(state["time_ns"], 5);
    EXPECT_EQ(state["tables"]["temporary"], 0);
}

TEST_F(ControlSessionTest, CountsDropsOfNodeAndDevices) {
    EXPECT_EQ(result_of(R"({"do":"counters"})"), Json::object());
    PacketPool pool;
    const std::vector<std::uint8_t> cut = {1, 2, 3};
    host_.node().handle_frame(link::LinkId::Front, pool.copy(cut), now_);
    host_.device_counters().add(Counter::DropDeviceFull, 2);
    EXPECT_EQ(result_of(R"({"do":"counters"})"),
              Json::parse(R"({"drop.ethernet.truncated":1,"drop.device.full":2})"));
}

TEST_F(ControlSessionTest, RefusesToMigrateWhatItCannot) {
    EXPECT_EQ(error_of(R"({"do":"migrate"})"), "malformed");
    EXPECT_EQ(error_of(R"({"do":"migrate","connection":"x","to":"s2"})"), "malformed");
    EXPECT_EQ(error_of(R"({"do":"migrate","connection":"10.7.0.9:4711>10.7.1.1:80/tcp"})"),
              "malformed");
    EXPECT_EQ(error_of(R"({"do":"migrate","connection":"10.7.0.9:4711>10.7.1.1:80/tcp",)"
                       R"("to":"s2"})"),
              "unknown-connection");
}

}  // namespace
}  // namespace shunt::app
