// SPDX-License-Identifier: Apache-2.0
// Sessions in a farm: who gives a cookie, where it leads, and what is left when its server is gone
// (SES-1 to SES-5, SEL-2, SEL-5).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "shunt/farm/derived_key.hh"
#include "shunt/farm/session/session_cookie.hh"
#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::node {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using wire::EncapsulationType;

class SessionsTest : public FarmFixture {
  protected:
    void SetUp() override { prepare(farm::SessionMode::Cookie); }

    void prepare(farm::SessionMode mode, std::size_t servers = 3) {
        build(true, servers);
        config_.session.mode = mode;
        config_.secret.assign(32, 7);
        for (farm::Listen& listen : config_.listens)
            listen.selection = farm::SelectionMoment::Request;
        start_nodes();
        run_for(Duration::seconds(1));  // states are known
        seen_.clear();
    }

    farm::SessionCookie cookies() const {
        return {config_.session.cookie, *farm::derive_sip_key(config_, farm::kSessionKeyInfo)};
    }
    std::string cookie_of(farm::ServerId server, std::uint64_t number = 99) const {
        return "SHUNT=" + cookies().value_of({server, number});
    }

    /// A connection of its own to that server's first address.
    void open(std::size_t home = 0) {
        home_ = home;
        handshake(next_port_++);
    }
    void get(std::string_view target, std::string_view cookie = {}) {
        std::string text = "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n";
        if (!cookie.empty()) text += "Cookie: " + std::string(cookie) + "\r\n";
        say(text + "\r\n");
        received_.clear();
        run_for(Duration::milliseconds(20));
    }
    void ask(std::size_t home, std::string_view target, std::string_view cookie = {}) {
        open(home);
        get(target, cookie);
    }

    std::string given() const {
        constexpr std::string_view begin = "Set-Cookie: ";
        const std::size_t at = received_.find(begin);
        if (at == std::string::npos) return {};
        return received_.substr(at + begin.size(), received_.find(';', at) - at - begin.size());
    }
    bool is_answered_by(farm::ServerId server) const {
        return received_.find("Server: shunt/s" + std::to_string(server) + "\r\n") !=
               std::string::npos;
    }
    std::vector<farm::SessionMap::Row> rows_of(std::size_t node) {
        return nodes_[node]->sessions()->rows(now_, 100);
    }

    std::uint16_t next_port_ = 5'000;
};

TEST_F(SessionsTest, TheFirstResponseSaysWhoKeepsTheSession) {
    ask(0, "/bytes/10");
    ASSERT_TRUE(is_answered_by(1));
    EXPECT_THAT(received_, HasSubstr("; Path=/; HttpOnly\r\n"));
    const std::string value = given().substr(6);
    const auto session = cookies().read(value);
    ASSERT_TRUE(session) << value;
    EXPECT_EQ(session->server, 1U);
    EXPECT_TRUE(ends_with_content(10)) << "the field stands before the empty line";
    get("/bytes/10");
    EXPECT_EQ(given(), "") << "later requests get none";
    ask(0, "/bytes/10", "SHUNT=" + value);
    EXPECT_TRUE(is_answered_by(1));
    EXPECT_EQ(given(), "");
    ask(0, "/bytes/10");
    EXPECT_NE(given(), "SHUNT=" + value) << "each client has its own";
}

TEST_F(SessionsTest, EveryAnswerThatIsOneCarriesIt) {
    for (const std::string_view target : {"/nothing", "/bytes/0", "/s2/bytes/1"}) {
        ask(0, target);
        EXPECT_NE(given(), "") << target;
    }
    open();
    say("nonsense\r\n\r\n");
    received_.clear();
    run_for(Duration::milliseconds(200));
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 400"));
    EXPECT_EQ(given(), "") << "whoever speaks no HTTP has no session";
}

TEST_F(SessionsTest, ACookieLeadsToItsServerFromEverywhere) {
    for (std::size_t home = 0; home < 3; ++home) {
        for (farm::ServerId keeper = 1; keeper <= 3; ++keeper) {
            ask(home, "/s2/bytes/10", cookie_of(keeper));
            EXPECT_TRUE(is_answered_by(keeper)) << home << " " << keeper << "\n" << received_;
            EXPECT_EQ(given(), "");
        }
    }
}

TEST_F(SessionsTest, AServerThatWasChosenByUrlKeepsTheSession) {
    ask(0, "/s2/bytes/10");
    EXPECT_TRUE(is_answered_by(2));
    const std::string cookie = given();
    ask(2, "/bytes/10", cookie);
    EXPECT_TRUE(is_answered_by(2)) << "another home, another URL";
}

TEST_F(SessionsTest, WhatIsNotGenuineIsNoSession) {
    const std::string good = cookie_of(2);
    std::string flipped = good;
    flipped.back() = flipped.back() == '0' ? '1' : '0';
    std::string shouted = good;
    std::ranges::transform(shouted, shouted.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    ASSERT_NE(shouted, good);
    for (const std::string& bad : {flipped, shouted, good + "0", good.substr(0, good.size() - 1),
                                   std::string("SHUNT="), "shunt" + good.substr(5), "X" + good}) {
        ask(0, "/bytes/10", bad);
        EXPECT_TRUE(is_answered_by(1)) << bad;
        EXPECT_NE(given(), "") << bad;
    }
    ask(0, "/bytes/10", flipped + "; a=b; " + good);
    EXPECT_TRUE(is_answered_by(2)) << "a genuine one behind it counts";
}

TEST_F(SessionsTest, ItDecidesAsSoonAsTheIdentifierIsHere) {
    client_config_.no_delay = true;  // nothing is acknowledged before
    open();
    const std::string head = "GET /bytes/10 HTTP/1.1\r\nHost: x\r\nCookie: " + cookie_of(2);
    // Not more packets than a home holds (EP-5).
    for (std::size_t at = 0; at < head.size(); at += 3) {
        say(std::string_view(head).substr(at, 3));
        run_for(Duration::microseconds(100));
    }
    EXPECT_TRUE(seen(EncapsulationType::Connection).empty()) << "its line may go on";
    say("\r\n");
    run_for(Duration::milliseconds(1));
    EXPECT_EQ(seen(EncapsulationType::Connection).size(), 1U) << "the head is not over";
    say("\r\n");
    run_for(Duration::milliseconds(20));
    EXPECT_TRUE(is_answered_by(2));
}

TEST_F(SessionsTest, ItWaitsForTheHeadUntilTimeIsOver) {
    open();
    say("GET /s2/bytes/10 HTTP/1.1\r\nHost: x\r\n");
    run_for(Duration::milliseconds(99));
    EXPECT_TRUE(seen(EncapsulationType::Connection).empty());
    run_for(Duration::milliseconds(2));
    EXPECT_EQ(seen(EncapsulationType::Connection).size(), 1U) << "by its URL";
}

TEST_F(SessionsTest, AServerThatIsGoneIsReplacedWithANewCookie) {
    loses_ = [&](const SeenFrame& frame) {
        return frame.ethernet().source() == config_.servers[1].back_mac ||
               frame.ethernet().destination() == config_.servers[1].back_mac;
    };
    run_for(Duration::seconds(5));
    ask(0, "/bytes/10", cookie_of(2));
    ASSERT_TRUE(is_answered_by(1)) << received_;
    const std::string cookie = given();
    EXPECT_EQ(cookies().read(cookie.substr(6))->server, 1U);
    get("/bytes/10", cookie_of(2));
    EXPECT_EQ(given(), "") << "only the first response";
    ask(2, "/bytes/10", cookie);
    EXPECT_TRUE(is_answered_by(1));
}

TEST_F(SessionsTest, ADrainingServerGivesItsSessionsAway) {
    s2().start_drain();
    run_for(Duration::seconds(2));
    ask(0, "/bytes/10", cookie_of(2));
    EXPECT_TRUE(is_answered_by(1));
    EXPECT_NE(given(), "");
    ask(1, "/bytes/10", cookie_of(2));
    EXPECT_FALSE(is_answered_by(2)) << "its own clients too";
    EXPECT_NE(given(), "");
}

TEST_F(SessionsTest, AServerThatDoesNotAnswerIsReplacedAtOnce) {
    loses_ = [](const SeenFrame& frame) { return frame.is(EncapsulationType::Connection); };
    open();
    say("GET /bytes/10 HTTP/1.1\r\nHost: x\r\nCookie: " + cookie_of(2) + "\r\n\r\n");
    received_.clear();
    run_for(Duration::seconds(2));
    EXPECT_TRUE(is_answered_by(1)) << received_;
    EXPECT_EQ(cookies().read(given().substr(6))->server, 1U);
}

TEST_F(SessionsTest, EveryServerIsToldAndForgetsInTime) {
    ask(0, "/s2/bytes/10");
    const std::string id = given().substr(6, 24);
    for (std::size_t node = 0; node < 3; ++node) {
        const auto rows = rows_of(node);
        ASSERT_EQ(rows.size(), 1U) << node;
        EXPECT_EQ(rows[0].server, 2U);
        EXPECT_EQ(rows[0].kind, farm::SessionMap::Kind::Cookie);
        EXPECT_EQ(rows[0].id, wire::test::from_hex(id));
    }
    run_for(config_.session.lifetime);
    for (std::size_t node = 0; node < 3; ++node)
        EXPECT_TRUE(rows_of(node).empty()) << node;
}

TEST_F(SessionsTest, ASessionThatIsUsedLivesOn) {
    config_.session.lifetime = Duration::seconds(100);
    start_nodes();
    run_for(Duration::seconds(1));
    ask(0, "/s2/bytes/10");
    const std::string cookie = given();
    run_for(Duration::seconds(60));
    ask(0, "/bytes/10", cookie);
    run_for(Duration::seconds(60));
    for (std::size_t node = 0; node < 3; ++node)
        EXPECT_EQ(rows_of(node).size(), 1U) << node;
    run_for(Duration::seconds(41));
    EXPECT_TRUE(rows_of(0).empty());
    ask(0, "/bytes/10", cookie);
    EXPECT_TRUE(is_answered_by(2)) << "a genuine cookie says it all by itself";
}

TEST_F(SessionsTest, ARestartedServerLearnsWhatItHasMissed) {
    ask(0, "/s2/bytes/10");
    nodes_[2] = std::make_unique<Node>(config_, 3, contents_, 77, now_, mtus_);
    run_for(Duration::seconds(6));
    EXPECT_EQ(rows_of(2).size(), 1U);
    nodes_[1] = std::make_unique<Node>(config_, 2, contents_, 78, now_, mtus_);
    run_for(Duration::seconds(6));
    EXPECT_TRUE(rows_of(0).empty()) << "with its keeper it is gone";
    EXPECT_TRUE(rows_of(2).empty());
}

TEST_F(SessionsTest, ADownloadThatMovesGetsNoSecondCookie) {
    ask(0, "/bytes/10");
    const std::string cookie = given();
    ASSERT_TRUE(s1().migrate(tuple_, "s3", now_));
    run_for(Duration::milliseconds(20));
    get("/bytes/20", cookie);
    EXPECT_TRUE(is_answered_by(3));
    EXPECT_EQ(given(), "") << "the session is still kept by s1";
}

TEST_F(SessionsTest, AListenerThatDoesNotLookGivesNone) {
    for (farm::Listen& listen : config_.listens)
        listen.selection = farm::SelectionMoment::Connect;
    start_nodes();
    ask(0, "/bytes/10", cookie_of(2));
    EXPECT_TRUE(is_answered_by(1));
    EXPECT_EQ(given(), "");
}

TEST_F(SessionsTest, AHeadThatIsTooLongIsRefused) {
    ask(0, "/" + std::string(100 * 1024, 'x'));
    run_for(Duration::seconds(1));
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 431")) << received_.substr(0, 100);
    EXPECT_EQ(given(), "");
    open();
    say("GET /bytes/1 HTTP/1.1\r\nHost: x\r\nCookie: " + cookie_of(2) + "\r\n");
    for (int i = 0; i < 100; ++i)
        say("X-" + std::to_string(i) + ": " + std::string(1'000, 'y') + "\r\n");
    received_.clear();
    run_for(Duration::seconds(1));
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 431"));
    EXPECT_TRUE(is_answered_by(2)) << "what came first has decided";
}

class RedirectsTest : public SessionsTest {
  protected:
    void SetUp() override { prepare(farm::SessionMode::Redirect); }

    std::string location() const {
        constexpr std::string_view begin = "Location: ";
        const std::size_t at = received_.find(begin);
        if (at == std::string::npos) return {};
        return received_.substr(at + begin.size(), received_.find("\r\n", at) - at - begin.size());
    }
    std::string address_of(std::size_t server) const {
        return "http://" + config_.servers[server].services[0].to_string();
    }
};

TEST_F(RedirectsTest, AClientIsSentToTheAddressOfWhoKeepsItsSession) {
    ask(0, "/s2/bytes/10?a=b");
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 302 Found\r\n"));
    EXPECT_TRUE(is_answered_by(2));
    EXPECT_EQ(given(), "");
    ASSERT_THAT(location(), StartsWith(address_of(1) + "/s2/bytes/10?a=b&SHUNT="));
    const std::string target = location().substr(address_of(1).size());
    ask(1, target);
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(is_answered_by(2));
    EXPECT_TRUE(ends_with_content(10));
    const std::string cookie = given();
    EXPECT_EQ("SHUNT=" + target.substr(target.find("SHUNT=") + 6), cookie) << "the same session";
    ask(1, "/bytes/10", cookie);
    EXPECT_EQ(given(), "");
    EXPECT_EQ(location(), "");
}

TEST_F(RedirectsTest, AtItsOwnAddressNobodyIsSentAnywhere) {
    ask(0, "/bytes/10");
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(is_answered_by(1));
    EXPECT_NE(given(), "");
}

TEST_F(RedirectsTest, AParameterLeadsToItsServerAndIsReplacedWithIt) {
    const std::string parameter = cookie_of(3);
    ask(0, "/s2/bytes/10?x&" + parameter);
    EXPECT_TRUE(is_answered_by(3)) << "before the URL map";
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 200"));
    nodes_[2]->start_drain();
    run_for(Duration::seconds(2));
    ask(1, "/bytes/10?x&" + parameter + "&y=1");
    EXPECT_TRUE(is_answered_by(2));
    EXPECT_NE(given(), "");
    ask(0, "/s2/bytes/10?x&" + parameter + "&y=1");
    EXPECT_TRUE(is_answered_by(1)) << "SES-5: by state, as the page says\n" << received_;
}

TEST_F(RedirectsTest, WhatComesBackIsNeverTooLong) {
    client_config_.no_delay = true;  // nothing is acknowledged before the decision (SEL-5)
    const std::string longest(4'096 - 4, 'x');
    ask(0, "/s2/" + longest);
    ASSERT_THAT(received_, StartsWith("HTTP/1.1 302"));
    ask(1, location().substr(address_of(1).size()));
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 404")) << "read, and no such object";
    ask(0, "/s2/" + longest + "x");
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 404")) << "at once";
    EXPECT_TRUE(is_answered_by(2));
    EXPECT_NE(given(), "");
}

TEST_F(RedirectsTest, TheParameterStandsInTheQuery) {
    ask(0, "/s2/bytes/1#part");
    EXPECT_THAT(location(), StartsWith(address_of(1) + "/s2/bytes/1?SHUNT="));
    ask(0, "/s2/bytes/1?a#part");
    EXPECT_THAT(location(), StartsWith(address_of(1) + "/s2/bytes/1?a&SHUNT="));
    ask(0, "http://farm/s2/bytes/1?a");
    EXPECT_THAT(location(), StartsWith(address_of(1) + "/s2/bytes/1?a&SHUNT="));
}

TEST_F(RedirectsTest, OnlyWhatCanBeAskedAgainIsRedirected) {
    open();
    say("POST /s2/bytes/10 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    received_.clear();
    run_for(Duration::milliseconds(20));
    EXPECT_THAT(received_, StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(is_answered_by(2));
    EXPECT_NE(given(), "");
}

}  // namespace
}  // namespace shunt::node
