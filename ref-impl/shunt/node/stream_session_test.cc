// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/stream_session.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "shunt/farm/derived_key.hh"
#include "shunt/farm/standard_plan.hh"
#include "shunt/wire/test_support.hh"

namespace shunt::node {
namespace {

using testing::StartsWith;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The handshake of a server of TLS 1.2 that issues a session id of four bytes.
wire::test::Bytes server_hello() {
    wire::test::Bytes hello = wire::test::from_hex("16 0303 002e 02 00002a 0303");
    hello.insert(hello.end(), 32, 0x5A);
    return wire::test::followed_by(hello, wire::test::from_hex("04 aabbccdd c02f 00"));
}

class StreamSessionTest : public testing::Test {
  protected:
    static ByteView bytes_of(std::string_view text) {
        return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    }
    static std::string text_of(const std::vector<std::uint8_t>& bytes) {
        return {bytes.begin(), bytes.end()};
    }
    std::string pass(std::string_view text) { return text_of(session_.pass(bytes_of(text))); }
    void hear(std::string_view text) { session_.hear_client(bytes_of(text)); }

    farm::FarmConfig config_ = [] {
        farm::FarmConfig config = farm::standard_plan(2);
        config.session.mode = farm::SessionMode::Cookie;
        config.secret.assign(32, 1);
        return config;
    }();
    Counters counters_;
    Sessions sessions_{config_, config_.servers[1], Rng(1), counters_};
    StreamSession session_{sessions_,
                           {farm::standard_client_address(), 4711, config_.servers[0].services[0],
                            80, wire::TransportProtocol::Tcp}};
    Instant now_;
};

TEST_F(StreamSessionTest, TheFirstResponseGetsACookieBehindItsStatusLine) {
    hear(kRequest);
    const std::string passed = pass(kResponse);
    EXPECT_THAT(passed, StartsWith("HTTP/1.1 200 OK\r\nSet-Cookie: SHUNT=00000002"));
    EXPECT_TRUE(passed.ends_with("\r\nContent-Length: 2\r\n\r\nok"));
    EXPECT_TRUE(session_.is_over());
    EXPECT_TRUE(sessions_.has_news());
}

TEST_F(StreamSessionTest, HoweverItIsCutTheSameBytesCome) {
    for (std::size_t cut = 0; cut <= kResponse.size(); ++cut) {
        StreamSession session(sessions_, {});
        session.hear_client(bytes_of(kRequest.substr(0, cut % kRequest.size())));
        session.hear_client(bytes_of(kRequest.substr(cut % kRequest.size())));
        std::string passed = text_of(session.pass(bytes_of(kResponse.substr(0, cut))));
        EXPECT_EQ(session.held() + passed.size(), passed.size() + (passed.empty() ? cut : 0));
        // Behind its first response nobody asks it any more.
        passed += session.is_over() ? kResponse.substr(cut)
                                    : text_of(session.pass(bytes_of(kResponse.substr(cut))));
        const std::size_t field = passed.find("Set-Cookie: ");
        ASSERT_NE(field, std::string::npos) << cut;
        passed.erase(field, passed.find("\r\n", field) + 2 - field);
        EXPECT_EQ(passed, kResponse) << cut;
    }
}

TEST_F(StreamSessionTest, AnInterimResponseIsNotTheFirst) {
    hear(kRequest);
    EXPECT_EQ(pass("HTTP/1.1 100 Continue\r\nX: y\r\n"), "");
    EXPECT_EQ(pass("\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTT"),
              "HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n");
    EXPECT_THAT(pass("P/1.1 404 No\r\n\r\n"), StartsWith("HTTP/1.1 404 No\r\nSet-Cookie: "));
}

TEST_F(StreamSessionTest, AClientWithASessionGetsNone) {
    farm::SessionCookie cookies("SHUNT", *farm::derive_sip_key(config_, farm::kSessionKeyInfo));
    hear("GET / HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nCookie: SHUNT=" + cookies.value_of({2, 7}) +
         "\r\n\r\n");
    EXPECT_EQ(pass(kResponse), kResponse);
    EXPECT_TRUE(session_.is_over());
}

TEST_F(StreamSessionTest, ALineFeedAloneEndsALine) {
    hear(kRequest);
    const std::string passed = pass("HTTP/1.1 200 OK\nContent-Length: 14\n\none\r\ntwo\r\nabcd");
    EXPECT_THAT(passed, StartsWith("HTTP/1.1 200 OK\nSet-Cookie: "));
    EXPECT_TRUE(passed.ends_with("\r\nContent-Length: 14\n\none\r\ntwo\r\nabcd")) << passed;
    StreamSession interim(sessions_, {});
    interim.hear_client(bytes_of(kRequest));
    const std::string second =
        text_of(interim.pass(bytes_of("HTTP/1.1 100 Go on\nX: y\n\nHTTP/1.1 204 No\n\n")));
    EXPECT_THAT(second, StartsWith("HTTP/1.1 100 Go on\nX: y\n\nHTTP/1.1 204 No\nSet-Cookie: "));
}

TEST_F(StreamSessionTest, AResponseMayComeAllAtOnce) {
    hear(kRequest);
    const std::string body(40'000, 'b');
    const std::string passed = pass("HTTP/1.1 200 OK\r\n\r\n" + body);
    EXPECT_THAT(passed, StartsWith("HTTP/1.1 200 OK\r\nSet-Cookie: "));
    EXPECT_TRUE(passed.ends_with("\r\n\r\n" + body));
}

TEST_F(StreamSessionTest, NothingIsHeldOfWhatAnswersNoRequest) {
    for (const std::string_view said : {"", "H", "EHLO x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
        StreamSession session(sessions_, {});
        session.hear_client(bytes_of(said));
        EXPECT_EQ(text_of(session.pass(bytes_of("H"))), "H") << said;
        EXPECT_TRUE(session.is_over());
    }
}

TEST_F(StreamSessionTest, ARequestThatIsNotWholeGetsNone) {
    hear("GET / HTTP/1.1\r\nHost: x\r\nCoo");
    EXPECT_EQ(pass(kResponse), kResponse);
    EXPECT_TRUE(session_.is_over());
    EXPECT_FALSE(sessions_.has_news());
}

TEST_F(StreamSessionTest, WhatIsNoHttpPassesAsItIs) {
    for (const std::string_view text :
         {"220 smtp\r\n", "H", "HTTP/2 200\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200",
          "HTTP/1.1\r\n\r\n", "\r\n\r\n"}) {
        StreamSession session(sessions_, {});
        session.hear_client(bytes_of(kRequest));
        std::string passed = text_of(session.pass(bytes_of(text)));
        passed += text_of(session.take_rest());
        EXPECT_EQ(passed, text);
    }
    StreamSession endless(sessions_, {});
    endless.hear_client(bytes_of(kRequest));
    std::size_t passed = 0;
    for (int i = 0; i < 20 && !endless.is_over(); ++i) {
        const std::string more = i == 0 ? "HTTP/1.1 200 " : std::string(1'000, 'x');
        passed += endless.pass(bytes_of(more)).size();
        EXPECT_LE(endless.held(), 9'300U);
    }
    EXPECT_TRUE(endless.is_over());
    EXPECT_GT(passed, 8'000U);
}

TEST_F(StreamSessionTest, TheIdThatATlsServerIssuesIsLearned) {
    const auto hello = server_hello();
    for (std::size_t cut = 1; cut <= hello.size(); ++cut) {
        StreamSession session(sessions_, {});
        EXPECT_EQ(
            session.pass(ByteView(hello).first(cut)),
            wire::test::Bytes(hello.begin(), hello.begin() + static_cast<std::ptrdiff_t>(cut)));
        if (cut < hello.size()) session.pass(ByteView(hello).subspan(cut));
        EXPECT_TRUE(session.is_over()) << cut;
        const auto news = sessions_.poll_news(now_);
        now_ = now_ + sessions_.lifetime();
        ASSERT_TRUE(news) << cut;
        EXPECT_EQ(news->kind, Sessions::Kind::Tls);
        EXPECT_EQ(news->id, wire::test::from_hex("aabbccdd"));
    }
}

TEST_F(StreamSessionTest, AnIdThatTheClientHasSaidIsNoNewOne) {
    auto asked = wire::test::from_hex("16 0303 0033 01 00002f 0303");
    asked.insert(asked.end(), 32, 0x5A);
    asked = wire::test::followed_by(asked, wire::test::from_hex("04 aabbccdd 0002 c02f 0100"));
    session_.hear_client(asked);
    session_.pass(server_hello());
    EXPECT_FALSE(sessions_.poll_news(now_)) << "of a ticket: nobody has issued it";
    sessions_.learn(Sessions::Kind::Tls, wire::test::from_hex("aabbccdd"), 2, Duration::seconds(10),
                    now_);
    StreamSession again(sessions_, {});
    again.hear_client(asked);
    again.pass(server_hello());
    EXPECT_TRUE(sessions_.poll_news(now_)) << "this server has, and it lives on";
}

TEST_F(StreamSessionTest, AnEndlessHelloIsNotKept) {
    auto record = wire::test::from_hex("16 0303 4000 02 ffffff");
    record.resize(16'000);
    EXPECT_EQ(session_.pass(record).size(), record.size());
    EXPECT_TRUE(session_.is_over());
    EXPECT_FALSE(sessions_.has_news());
}

}  // namespace
}  // namespace shunt::node
