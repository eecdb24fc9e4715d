// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/control_session.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "shunt/farm/standard_plan.hh"

namespace shunt::app {
namespace {

using Json = nlohmann::json;

class ControlSessionTest : public ::testing::Test {
  protected:
    ControlSessionTest() { host_.restart(1, now_); }

    Json ask(std::string_view line) { return Json::parse(*session_.answer(line, kClient, now_)); }
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

    static constexpr ControlSession::Client kClient = 1;

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
    for (const std::string verb : capabilities["verbs"]) {
        if (verb == "kill") continue;
        EXPECT_NE(ask(Json{{"do", verb}}.dump()).value("error", ""), "unsupported") << verb;
    }
}

TEST_F(ControlSessionTest, RefusesWhatItDoesNotKnow) {
    for (const char* verb : {"HELLO", "", "hello ", "tables\n"})
        EXPECT_EQ(error_of(Json{{"do", verb}}.dump()), "unsupported") << verb;
}

TEST_F(ControlSessionTest, AnswersMalformedRequestsWithOneLine) {
    for (const char* line : {"", "{", "7", "[]", "\"hello\"", "{\"do\":7}", "{\"id\":1}",
                             "{\"do\":\"hello\"} {}", "\xFF\xFE", "{\"do\":\"\xC3\"}"}) {
        EXPECT_EQ(error_of(line), "malformed") << line;
        EXPECT_EQ(session_.answer(line, kClient, now_)->find('\n'), std::string::npos);
    }
    EXPECT_EQ(error_of(std::string(100'000, '[')), "malformed");
    // Whole, so that it could be echoed; the limit counts the request's own braces.
    const auto nested = [](std::size_t depth) {
        const std::string id = std::string(depth - 1, '[') + std::string(depth - 1, ']');
        return R"({"do":"hello","id":)" + id + "}";
    };
    EXPECT_EQ(error_of(nested(500'000)), "malformed");
    EXPECT_EQ(error_of(nested(65)), "malformed");
    EXPECT_TRUE(ask(nested(64)).at("ok").get<bool>());
    EXPECT_EQ(session_.answer("{", kClient, now_),
              R"({"error":"malformed","id":null,"ok":false,"text":"expected one JSON object on )"
              R"(one line"})");
}

TEST_F(ControlSessionTest, DumpsEmptyTablesOfAFreshNode) {
    const Json tables = result_of(R"({"do":"tables"})");
    for (const char* name : {"temporary", "local", "forward", "forward_connect"})
        EXPECT_EQ(tables[name], Json::array()) << name;
    EXPECT_EQ(tables["server_state"],
              Json::parse(R"([{"server":"s1","connections":0,"cpu_per_mille":0,
                  "unused_memory_bytes":4294967296,"unused_bandwidth_bps":10000000000}])"));
    EXPECT_EQ(tables["listening_sockets"],
              Json::parse(R"([{"server":"s1","ip":"10.7.1.1","port":80,"protocol":"tcp",
                  "application":"http","process":0}])"));
    EXPECT_EQ(tables["application_information"], Json::array());
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

TEST_F(ControlSessionTest, BeginsADrainSaysHowItGoesAndStopsIt) {
    const Json before = result_of(R"({"do":"drain","action":"report"})");
    EXPECT_EQ(before, Json::parse(R"({"server":"s1","draining":false,"left":0,"moving":0,"moved":0,
                  "refused":0,"ending":0,"undecided":0,"flows":0,"forwarding":0,"staying":0,
                  "moves_at_once":64,"connections":[]})"));
    EXPECT_EQ(result_of(R"({"do":"drain"})")["draining"], true);
    EXPECT_EQ(result_of(R"({"do":"drain","action":"start"})")["draining"], true);
    EXPECT_EQ(result_of(R"({"do":"state"})")["draining"], true);
    EXPECT_EQ(result_of(R"({"do":"counters"})"), Json::parse(R"({"drain.started":1})"));
    EXPECT_EQ(result_of(R"({"do":"drain","action":"stop"})")["draining"], false);
    EXPECT_EQ(result_of(R"({"do":"state"})")["draining"], false);
    EXPECT_EQ(error_of(R"({"do":"drain","action":"end"})"), "malformed");
    EXPECT_EQ(error_of(R"({"do":"drain","action":1})"), "malformed");
    EXPECT_EQ(result_of(R"({"do":"drain"})")["draining"], true);
    result_of(R"({"do":"restart"})");
    EXPECT_EQ(result_of(R"({"do":"state"})")["draining"], false) << "as after a crash";
}

TEST_F(ControlSessionTest, SaysWhichFieldIsOfAnotherType) {
    const auto text_of = [&](const char* line) { return ask(line).value("text", ""); };
    EXPECT_EQ(text_of(R"({"do":"migrate","connection":7,"to":"s2"})"),
              "connection: expected a text");
    EXPECT_EQ(text_of(R"({"do":"listen"})"), "port: expected a whole number from 1 to 65535");
    for (const char* port : {"0", "65536", "-1", "80.5", "\"80\"", "[]", "18446744073709551615"})
        EXPECT_EQ(text_of((std::string(R"({"do":"listen","port":)") + port + "}").c_str()),
                  "port: expected a whole number from 1 to 65535")
            << port;
    EXPECT_EQ(text_of(R"({"do":"listen","port":81,"close":1})"), "close: expected true or false");
    EXPECT_EQ(text_of(R"({"do":"listen","port":81,"protocol":"sctp"})"),
              "protocol: expected \"tcp\" or \"udp\"");
    EXPECT_EQ(text_of(R"({"do":"listen","port":81,"select":"random"})"),
              "select: expected \"connect\" or \"request\"");
    EXPECT_EQ(text_of(R"({"do":"log-level","level":"loud"})"),
              "level: expected trace, debug, info, warn, error or off");
    EXPECT_EQ(text_of(R"({"do":7})"), "do: expected the name of a verb");
}

TEST_F(ControlSessionTest, OpensAndClosesListeners) {
    const auto ports = [&] {
        std::vector<int> open;
        const Json tables = result_of(R"({"do":"tables"})");
        for (const Json& row : tables["listening_sockets"])
            open.push_back(row["port"]);
        return open;
    };
    EXPECT_EQ(error_of(R"({"do":"listen","port":80})"), "not-possible");
    EXPECT_EQ(result_of(R"({"do":"listen","port":81})")["open"], true);
    result_of(R"({"do":"listen","port":53,"protocol":"udp"})");
    EXPECT_EQ(ports(), (std::vector<int>{80, 81, 53}));
    EXPECT_NE(config_.listens.size(), host_.config().listens.size());
    EXPECT_EQ(result_of(R"({"do":"listen","port":80,"close":true})")["open"], false);
    EXPECT_EQ(error_of(R"({"do":"listen","port":80,"close":true})"), "not-possible");
    EXPECT_EQ(ports(), (std::vector<int>{81, 53}));
    // What was open once is opened again as it was.
    result_of(R"({"do":"listen","port":80})");
    EXPECT_EQ(ports(), (std::vector<int>{80, 81, 53}));
    for (const char* line : {R"({"do":"listen","port":82,"application":"gateway"})",
                             R"({"do":"listen","port":82,"application":"echo"})",
                             R"({"do":"listen","port":82,"protocol":"udp","application":"http"})",
                             R"({"do":"listen","port":82,"protocol":"udp","select":"request"})"})
        EXPECT_EQ(error_of(line), "not-possible") << line;
    result_of(R"({"do":"reset"})");
    EXPECT_EQ(ports(), std::vector<int>{80});
}

TEST_F(ControlSessionTest, BoundsTheListenersOfARun) {
    for (std::size_t i = 0; i < NodeHost::kOpenedListenersMax; ++i)
        result_of(Json{{"do", "listen"}, {"port", 1'000 + i}}.dump());
    EXPECT_EQ(error_of(R"({"do":"listen","port":9})"), "not-possible");
    result_of(R"({"do":"listen","port":1000,"close":true})");
    result_of(R"({"do":"listen","port":1000})");
}

TEST_F(ControlSessionTest, ForgetsEverythingOnResetAndRestart) {
    PacketPool pool;
    const std::vector<std::uint8_t> cut = {1, 2, 3};
    const std::uint64_t first_seed = host_.seed();
    for (const char* verb : {"reset", "restart"}) {
        host_.node().handle_frame(link::LinkId::Front, pool.copy(cut), now_);
        EXPECT_NE(result_of(R"({"do":"counters"})"), Json::object());
        const std::uint64_t boots = host_.boots();
        EXPECT_EQ(result_of(Json{{"do", verb}}.dump())["boots"], boots + 1);
        EXPECT_EQ(result_of(R"({"do":"counters"})"), Json::object());
    }
    EXPECT_NE(host_.seed(), first_seed);
}

TEST_F(ControlSessionTest, RepeatsItsChanceAfterResetAndNotAfterRestart) {
    const std::uint64_t seed = host_.seed();
    result_of(R"({"do":"reset"})");
    EXPECT_EQ(host_.seed(), seed);
    result_of(R"({"do":"restart"})");
    const std::uint64_t second = host_.seed();
    EXPECT_NE(second, seed);
    result_of(R"({"do":"restart"})");
    EXPECT_NE(host_.seed(), second);
    EXPECT_NE(host_.seed(), seed);
}

TEST_F(ControlSessionTest, EndsAtOnceWhenItIsKilled) {
    EXPECT_EXIT(session_.answer(R"({"do":"kill"})", kClient, now_), testing::ExitedWithCode(137),
                "");
}

TEST_F(ControlSessionTest, SaysAndSetsTheLogLevel) {
    const std::string before = result_of(R"({"do":"log-level"})")["level"];
    EXPECT_EQ(result_of(R"({"do":"log-level","level":"debug"})")["level"], "debug");
    EXPECT_EQ(result_of(R"({"do":"log-level"})")["level"], "debug");
    result_of(Json{{"do", "log-level"}, {"level", before}}.dump());
}

TEST_F(ControlSessionTest, ListsMembersAndSessions) {
    const Json members = result_of(R"({"do":"members"})")["members"];
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0]["server"], "s1");
    EXPECT_EQ(members[0]["is_self"], true);
    EXPECT_EQ(members[1]["is_self"], false);
    EXPECT_EQ(members[1]["channel"], "none") << "a farm without extensions has none";
    EXPECT_EQ(members[1]["services"], Json::array({"10.7.1.2"}));
    EXPECT_EQ(result_of(R"({"do":"sessions"})"), Json::parse(R"({"sessions":[]})"));
}

/// Verbs about objects, some of whose answers come later.
class ObjectVerbsTest : public ControlSessionTest {
  protected:
    static constexpr ControlSession::Client kServer = 2;

    /// What comes at once; nothing: it comes later.
    std::optional<Json> ask_now(ControlSession::Client client, const Json& request) {
        const auto answer = session_.answer(request.dump(), client, now_);
        EXPECT_FALSE(host_.node().poll_transmit(now_)) << "it is a farm of one";
        return answer ? std::optional(Json::parse(*answer)) : std::nullopt;
    }
    Json later(ControlSession::Client client) {
        const auto answer = session_.poll_answer();
        if (!answer) return "none";
        EXPECT_EQ(answer->client, client);
        return Json::parse(answer->line);
    }
    Json create(const std::string& name) {
        EXPECT_FALSE(ask_now(kClient, {{"id", 7}, {"do", "object-create"}, {"class", name}}));
        return later(kClient);
    }
    void serve() {
        EXPECT_TRUE(ask_now(kServer, {{"do", "object-serve"}, {"class", "words"}})->at("ok"));
    }
    /// A request that the process of `words` has fetched.
    Json fetch() {
        EXPECT_FALSE(ask_now(kServer, {{"id", "n"}, {"do", "object-next"}}));
        return later(kServer);
    }
    std::string answer(const Json& request, const char* field, const char* value) {
        const Json line = {
            {"do", "object-answer"}, {"request", request["result"]["request"]}, {field, value}};
        return ask_now(kServer, line)->value("error", "");
    }
};

TEST_F(ObjectVerbsTest, AnObjectIsMadeAndCalled) {
    const Json made = create("counter");
    ASSERT_EQ(made.value("id", 0), 7) << made;
    ASSERT_TRUE(made.contains("result")) << made;
    const std::string handle = made["result"]["handle"];
    EXPECT_EQ(handle.size(), 16U);
    const Json call = {{"do", "object-call"}, {"handle", handle}, {"bytes", "NDI="}};
    EXPECT_FALSE(ask_now(kClient, call));
    EXPECT_EQ(later(kClient)["result"]["bytes"], "NDI=");
    const Json objects = result_of(R"({"do":"objects"})");
    EXPECT_EQ(objects.at("handles").at(0).at("state"), "alive") << objects;
    session_.forget(kClient);
    EXPECT_FALSE(host_.node().poll_transmit(now_));
    EXPECT_TRUE(result_of(R"({"do":"objects"})")["hosted"].empty()) << "it was not to be kept";
}

TEST_F(ObjectVerbsTest, WhatIsNotAnObjectIsRefusedAtOnce) {
    EXPECT_EQ(error_of(R"({"do":"object-call","handle":"0123456789abcdef"})"), "unknown-object");
    for (const char* line : {R"({"do":"object-call","handle":"0123456789ABCDEF"})",
                             R"({"do":"object-call","handle":"123456789abcdef"})",
                             R"({"do":"object-call","handle":7})", R"({"do":"object-create"})",
                             R"({"do":"object-create","class":"two words"})",
                             R"({"do":"object-create","class":"counter","arguments":"?"})",
                             R"({"do":"object-answer","request":0})"})
        EXPECT_EQ(error_of(line), "malformed") << line;
    EXPECT_EQ(error_of(R"({"do":"object-create","class":"counter","server":"s9"})"),
              "unknown-server");
    EXPECT_EQ(error_of(R"({"do":"object-answer","request":5})"), "unknown-request");
    EXPECT_EQ(error_of(R"({"do":"object-next"})"), "not-possible");
    EXPECT_EQ(error_of(R"({"do":"object-serve","class":"counter"})"), "not-possible");
    EXPECT_EQ(create("nonsense")["error"], "unknown-class");
}

TEST_F(ObjectVerbsTest, AProcessServesAClass) {
    serve();
    EXPECT_FALSE(ask_now(kClient, {{"id", 7}, {"do", "object-create"}, {"class", "words"}}));
    EXPECT_EQ(later(kClient), "none");
    const Json creation = fetch();
    EXPECT_EQ(creation["id"], "n");
    EXPECT_EQ(creation["result"]["do"], "create");
    EXPECT_EQ(answer(creation, "bytes", ""), "");
    const std::string handle = later(kClient)["result"]["handle"];
    EXPECT_FALSE(ask_now(kServer, {{"do", "object-next"}}));
    EXPECT_EQ(ask_now(kServer, {{"do", "object-next"}})->at("error"), "not-possible");
    EXPECT_FALSE(ask_now(kClient, {{"do", "object-call"}, {"handle", handle}, {"bytes", "YQ=="}}));
    const Json call = later(kServer);
    EXPECT_EQ(call["result"]["bytes"], "YQ==");
    EXPECT_EQ(answer(call, "error", "not today"), "");
    const Json failed = later(kClient);
    EXPECT_EQ(failed["error"], "call-failed");
    EXPECT_EQ(failed["text"], "not today");
    EXPECT_EQ(answer(call, "bytes", ""), "unknown-request");
}

TEST_F(ObjectVerbsTest, AProcessThatLeavesFailsItsCallsAtOnce) {
    serve();
    EXPECT_FALSE(ask_now(kClient, {{"do", "object-create"}, {"class", "words"}}));
    answer(fetch(), "bytes", "");
    const std::string handle = later(kClient)["result"]["handle"];
    EXPECT_FALSE(ask_now(kClient, {{"do", "object-call"}, {"handle", handle}}));
    session_.forget(kServer);
    EXPECT_FALSE(host_.node().poll_transmit(now_));
    EXPECT_EQ(later(kClient)["error"], "object-gone");
    EXPECT_EQ(create("words")["error"], "unknown-class");
}

TEST_F(ObjectVerbsTest, ARestartedNodeAnswersWhatIsOwed) {
    serve();
    EXPECT_FALSE(ask_now(kClient, {{"id", 8}, {"do", "object-create"}, {"class", "words"}}));
    fetch();
    EXPECT_FALSE(ask_now(kServer, {{"id", 9}, {"do", "object-next"}}));
    host_.restart(2, now_);
    const Json first = later(kClient);
    EXPECT_EQ(first["id"], 8);
    EXPECT_EQ(first["text"], "the node was restarted");
    EXPECT_EQ(later(kServer)["id"], 9);
    EXPECT_EQ(ask_now(kServer, {{"do", "object-next"}})->at("error"), "not-possible");
    serve();
}

}  // namespace
}  // namespace shunt::app
