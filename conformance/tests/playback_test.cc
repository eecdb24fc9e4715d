// SPDX-License-Identifier: Apache-2.0
/// Captures of any program as connections that can be played: how they are read, what a server has
/// said in them, and how a captured packet becomes one of a live connection.
#include <gtest/gtest.h>

#include "pdu/build.hh"
#include "playback/exchange.hh"
#include "playback/http_answers.hh"
#include "playback/http_requests.hh"
#include "playback/reply_comparison.hh"
#include "playback/rewriting.hh"
#include "playback/server_side.hh"

namespace conform {
namespace {

const SocketAddress kClient{{0x0A090001}, 40'000};
const SocketAddress kServer{{0x0A090002}, 80};
constexpr std::uint32_t kClientStart = 0xFFFFFFF0;
constexpr std::uint32_t kServerStart = 0x7FFFFFF8;

TcpSegment of_client(std::uint8_t flags, std::uint32_t place, std::string_view text = {}) {
    TcpSegment segment;
    segment.source = kClient;
    segment.destination = kServer;
    segment.flags = flags;
    segment.sequence = kClientStart + place;
    if ((flags & tcp_flag::kAck) != 0) segment.acknowledgment = kServerStart + 1;
    segment.window = 1'000;
    segment.payload = to_bytes(text);
    return segment;
}

TcpSegment of_server(std::uint8_t flags, std::uint32_t place, std::uint32_t acknowledged,
                     std::string_view text = {}) {
    TcpSegment segment;
    segment.source = kServer;
    segment.destination = kClient;
    segment.flags = flags;
    segment.sequence = kServerStart + place;
    segment.acknowledgment = kClientStart + acknowledged;
    segment.window = 100;
    segment.payload = to_bytes(text);
    return segment;
}

TcpSegment syn_ack() {
    TcpSegment segment = of_server(tcp_flag::kSyn | tcp_flag::kAck, 0, 1);
    segment.window_scale = 3;
    return segment;
}

CaptureFile capture_of(const std::vector<TcpSegment>& segments) {
    CaptureFile file;
    file.interfaces = {""};
    for (const TcpSegment& segment : segments) {
        FilePacket packet;
        packet.bytes = encode_ethernet({}, {}, ether_type::kIpv4, encode_tcp_packet(segment));
        file.packets.push_back(std::move(packet));
    }
    return file;
}

TEST(Exchanges, BeginWithASynAndHaveBothSides) {
    const auto found = read_exchanges(capture_of(
        {of_client(tcp_flag::kSyn, 0), syn_ack(), of_client(tcp_flag::kAck, 1, "question")}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].client, kClient);
    EXPECT_EQ(found[0].obstacle, "");
    ASSERT_EQ(found[0].packets.size(), 3U);
    EXPECT_TRUE(found[0].packets[2].is_of_client);
    EXPECT_FALSE(found[0].packets[1].is_of_client);
    EXPECT_EQ(found[0].packets[2].packet, 3U);
}

TEST(Exchanges, ATupleThatIsUsedAgainIsAnotherOne) {
    const TcpSegment again = of_client(tcp_flag::kSyn, 77);
    TcpSegment reset = of_client(tcp_flag::kRst, 1);
    const auto found =
        read_exchanges(capture_of({of_client(tcp_flag::kSyn, 0), syn_ack(), again, reset, again}));
    ASSERT_EQ(found.size(), 2U) << "one within a connection is none of its own";
    EXPECT_EQ(found[0].packets.size(), 4U);
    EXPECT_EQ(found[1].packets.front().packet, 5U);
}

TEST(Exchanges, WhatCannotBePlayedSaysWhy) {
    const auto headless =
        read_exchanges(capture_of({of_client(tcp_flag::kAck, 9), of_server(tcp_flag::kAck, 1, 9)}));
    ASSERT_EQ(headless.size(), 1U);
    EXPECT_NE(headless[0].obstacle.find("packet, 1, is no SYN"), std::string::npos);

    CaptureFile file = capture_of({of_client(tcp_flag::kSyn, 0), of_client(tcp_flag::kAck, 1)});
    file.packets[1].bytes[kEthernetHeaderSize + 6] = 0x20;  // more fragments
    const auto fragmented = read_exchanges(file);
    ASSERT_EQ(fragmented.size(), 1U);
    EXPECT_EQ(fragmented[0].obstacle, "packet 2 is a fragment");

    file = capture_of({of_client(tcp_flag::kSyn, 0), of_client(tcp_flag::kAck, 1, "some text")});
    file.packets[1].bytes.resize(file.packets[1].bytes.size() - 3);
    const auto cut = read_exchanges(file);
    ASSERT_EQ(cut.size(), 1U);
    EXPECT_EQ(cut[0].obstacle, "packet 2 is cut");
}

/// The first connection of a capture, in which `interfaces` have seen the packets.
std::vector<ExchangePacket> packets_of(const std::vector<TcpSegment>& segments,
                                       const std::vector<std::size_t>& interfaces = {}) {
    CaptureFile file = capture_of(segments);
    for (std::size_t i = 0; i < interfaces.size(); ++i)
        file.packets[i].interface = interfaces[i];
    return read_exchanges(file).front().packets;
}

TEST(Exchanges, WhatIsSeenTwiceIsThereOnce) {
    const TcpSegment syn = of_client(tcp_flag::kSyn, 0);
    const TcpSegment question = of_client(tcp_flag::kAck, 1, "question");
    EXPECT_EQ(packets_of({syn, syn}).size(), 1U);
    EXPECT_EQ(packets_of({syn, syn, syn_ack(), syn_ack(), question, question}).size(), 3U);
    EXPECT_EQ(packets_of({syn, syn_ack(), syn_ack(), question, syn, question}).size(), 3U);
    // Two interfaces, one of which has missed the question.
    EXPECT_EQ(packets_of({syn, syn, syn_ack(), syn_ack(), question}, {0, 1, 1, 0, 1}).size(), 3U);
}

TEST(Exchanges, WhatWasSentTwiceIsThereTwice) {
    const TcpSegment syn = of_client(tcp_flag::kSyn, 0);
    const TcpSegment again = of_client(tcp_flag::kAck, 1);
    const std::vector<TcpSegment> once{syn,   syn_ack(), of_client(tcp_flag::kAck, 1, "question"),
                                       again, again,     again};
    EXPECT_EQ(packets_of(once).size(), once.size()) << "three duplicate acknowledgments";
    std::vector<TcpSegment> twice;
    std::vector<std::size_t> interfaces;
    for (const TcpSegment& each : once) {
        for (const std::size_t interface : {0U, 1U}) {
            twice.push_back(each);
            interfaces.push_back(interface);
        }
    }
    EXPECT_EQ(packets_of(twice).size(), once.size()) << "by a mirror";
    EXPECT_EQ(packets_of(twice, interfaces).size(), once.size()) << "on two interfaces";
    // Later than within a moment it is a retransmission, wherever all is seen twice.
    CaptureFile file = capture_of({syn, syn, syn_ack(), syn_ack(), syn, syn});
    for (const std::size_t i : {4U, 5U})
        file.packets[i].time = std::chrono::milliseconds(1);
    EXPECT_EQ(read_exchanges(file).front().packets.size(), 3U);
}

TEST(Exchanges, ThatBothEndsOpenAtOnceAreNotPlayed) {
    TcpSegment other = of_server(tcp_flag::kSyn, 0, 0);
    other.acknowledgment = 0;
    const auto found = read_exchanges(
        capture_of({of_client(tcp_flag::kSyn, 0), other, syn_ack(), of_client(tcp_flag::kAck, 1)}));
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].obstacle, "packet 2: both ends open it at once, which cannot be played");
}

TEST(Exchanges, HaveAVlanTagAtMost) {
    const std::vector<TcpSegment> segments{of_client(tcp_flag::kSyn, 0), syn_ack()};
    CaptureFile file = capture_of(segments);
    const auto add_tag = [](Bytes& bytes) {
        const Bytes tag{0x81, 0, 0, 7};
        bytes.insert(bytes.begin() + 12, tag.begin(), tag.end());
    };
    add_tag(file.packets[1].bytes);
    auto found = read_exchanges(file);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].packets.size(), 2U);
    EXPECT_EQ(found[0].obstacle, "");
    add_tag(file.packets[1].bytes);
    found = read_exchanges(file);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].obstacle, "packet 2 has more than one VLAN tag");
}

TEST(Exchanges, LossesOfTheCaptureAreAnObstacle) {
    const auto obstacle = [](const std::vector<TcpSegment>& segments) {
        return read_exchanges(capture_of(segments)).front().obstacle;
    };
    const TcpSegment syn = of_client(tcp_flag::kSyn, 0);
    EXPECT_EQ(obstacle({syn, of_client(tcp_flag::kAck, 1)}),
              "packet 2 acknowledges what is not in the capture")
        << "one direction alone";
    TcpSegment acknowledgment = of_client(tcp_flag::kAck, 1);
    acknowledgment.acknowledgment += 5;
    EXPECT_EQ(obstacle({syn, syn_ack(), acknowledgment}),
              "packet 3 acknowledges what is not in the capture");
    EXPECT_EQ(obstacle({syn, syn_ack(), of_server(tcp_flag::kAck, 1, 9)}),
              "packet 3 acknowledges what is not in the capture");
    EXPECT_EQ(obstacle({syn, syn_ack(), of_client(tcp_flag::kAck, 1)}), "");
}

TEST(ServerSide, PutsTextInOrderAndKeepsWhatCameFirst) {
    ServerSide side(kClientStart);
    side.hear(syn_ack(), 1);
    side.hear(of_server(tcp_flag::kAck, 4, 1, "defg"), 2);
    EXPECT_EQ(side.text(), Bytes()) << "behind a gap";
    side.hear(of_server(tcp_flag::kAck, 1, 20, "abcX"), 3);
    side.hear(of_server(tcp_flag::kAck | tcp_flag::kFin, 8, 20), 4);
    EXPECT_EQ(side.text(), to_bytes("abcXefg"));
    EXPECT_EQ(side.number_of(0), 3U);
    EXPECT_EQ(side.number_of(4), 2U);
    EXPECT_EQ(side.number_of(99), 2U);
    EXPECT_TRUE(side.is_closed());
    EXPECT_EQ(side.acknowledged(), 20U);
    EXPECT_EQ(side.window_edge(), 20U + (100U << 3));
    EXPECT_FALSE(side.reset_number());
}

TEST(HttpAnswers, AreReadAsTheyCome) {
    const std::string text =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
        "HTTP/1.1 204 No Content\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n"
        "0\r\n\r\n"
        "HTTP/1.0 404 Not Found\r\n\r\nuntil the end";
    const Bytes bytes = to_bytes(text);
    HttpAnswers answers({"GET", "GET", "HEAD", "GET", "GET"});
    for (std::size_t size = 0; size <= bytes.size(); ++size)
        answers.read(ByteView(bytes).first(size), false);
    ASSERT_EQ(answers.all().size(), 5U);
    EXPECT_FALSE(answers.all().back().is_whole);
    answers.read(bytes, true);
    EXPECT_TRUE(answers.is_http());
    for (const HttpAnswer& each : answers.all())
        EXPECT_TRUE(each.is_whole) << each.begin;
    EXPECT_EQ(answers.all()[0].content, to_bytes("hello"));
    EXPECT_EQ(answers.all()[1].content, Bytes());
    EXPECT_EQ(answers.all()[2].content, Bytes()) << "a HEAD's";
    EXPECT_EQ(answers.all()[3].content, to_bytes("abc0123456789"));
    EXPECT_EQ(answers.all()[4].status, 404U);
    EXPECT_EQ(answers.all()[4].content, to_bytes("until the end"));
    EXPECT_EQ(answers.all()[4].end, bytes.size());
}

TEST(HttpAnswers, ChunksComeInPiecesAndHaveTrailers) {
    const Bytes bytes = to_bytes(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\nSum: 1\r\n\r\nHTTP/1.1 2");
    HttpAnswers answers({"GET"});
    const std::size_t head =
        bytes.size() - std::string_view("hello\r\n0\r\nSum: 1\r\n\r\nHTTP/1.1 2").size();
    answers.read(ByteView(bytes).first(head + 3), false);
    ASSERT_EQ(answers.all().size(), 1U) << "100 is of the answer behind it";
    EXPECT_EQ(answers.all()[0].begin, 0U);
    EXPECT_EQ(answers.all()[0].end, head + 3);
    EXPECT_EQ(answers.all()[0].content, to_bytes("hel"));
    answers.read(bytes, false);
    EXPECT_TRUE(answers.all()[0].is_whole);
    EXPECT_EQ(answers.all()[0].content, to_bytes("hello"));
    EXPECT_EQ(answers.all().size(), 1U);
    EXPECT_TRUE(answers.has_rest());
    EXPECT_TRUE(answers.is_http());
}

TEST(HttpRequests, AreReadHoweverTheyWereCut) {
    using Methods = std::vector<std::string>;
    const std::string text =
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        "HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n"
        "PUT /b HTTP/1.1\r\nContent-Length: 19\r\n\r\nHEAD / HTTP/1.1\r\n\r\n\r\n"
        "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;x=y\r\nHEAD \r\n0\r\nSum: 1\r\n\r\n"
        "HEAD /d HTTP/1.0\r\n\r\n";
    EXPECT_EQ(request_methods(to_bytes(text)), (Methods{"GET", "HEAD", "PUT", "POST", "HEAD"}));
    EXPECT_EQ(request_methods(to_bytes("GET / HTTP/1.1\r\nHo")), Methods{"GET"}) << "cut";
    for (std::size_t size = 0; size <= text.size(); ++size)
        EXPECT_LE(request_methods(to_bytes(text.substr(0, size))).size(), 5U) << size;
    for (const char* other : {"", "\r\n", "SSH-2.0-OpenSSH", "get / HTTP/1.1\r\n\r\n", " HTTP/1.1",
                              "GET / HTTP/2\r\n\r\n"})
        EXPECT_EQ(request_methods(to_bytes(other)), Methods{}) << other;
    EXPECT_EQ(request_methods(to_bytes("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                       "ffffffffffffffff\r\nabc")),
              Methods{"PUT"});
}

TEST(HttpAnswers, OtherTextIsNone) {
    for (const char* text : {"SSH-2.0-OpenSSH", "HTTP/2",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                             "chunked\r\n\r\nzz\r\nabc",
                             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXY"}) {
        HttpAnswers answers({});
        answers.read(to_bytes(text), false);
        EXPECT_FALSE(answers.is_http()) << text;
    }
    HttpAnswers endless({});
    endless.read(Bytes(std::size_t{70} << 10, 'H'), false);
    EXPECT_FALSE(endless.is_http());
}

TEST(Rewriting, ChangesNumbersAndKeepsTheRest) {
    TcpSegment segment = of_client(tcp_flag::kAck | tcp_flag::kPsh, 1, "text");
    segment.timestamps = TcpTimestamps{7, 8};
    segment.sack = {{kServerStart + 10, kServerStart + 20}};
    segment.identification = 4'711;
    segment.type_of_service = 0x28;
    LiveNumbers numbers;
    numbers.source = {{0x0A070009}, 1'000};
    numbers.destination = {{0x0A070102}, 8'080};
    numbers.sequence = 1;
    numbers.acknowledgment = 2;
    numbers.timestamps = {30, 40};
    numbers.other_sequence = [](std::uint32_t number) { return number - kServerStart; };
    std::vector<Finding> faults;
    const auto packet = decode_ipv4(rewrite_packet(encode_tcp_packet(segment), numbers), faults);
    EXPECT_TRUE(faults.empty()) << faults.front().message();
    ASSERT_TRUE(packet && packet->tcp);
    EXPECT_EQ(packet->tcp->source, numbers.source);
    EXPECT_EQ(packet->tcp->destination, numbers.destination);
    EXPECT_EQ(packet->tcp->sequence, 1U);
    EXPECT_EQ(packet->tcp->acknowledgment, 2U);
    EXPECT_EQ(packet->tcp->timestamps, (TcpTimestamps{30, 40}));
    EXPECT_EQ(packet->tcp->sack, (std::vector<SackRange>{{10, 20}}));
    EXPECT_EQ(packet->tcp->identification, 4'711);
    EXPECT_EQ(packet->tcp->type_of_service, 0x28);
    EXPECT_EQ(packet->tcp->payload, segment.payload);
}

TEST(Rewriting, CutsWhatIsTooLongForAWire) {
    TcpSegment segment = of_client(tcp_flag::kAck | tcp_flag::kPsh | tcp_flag::kFin, 1);
    segment.payload.assign(4'000, 'x');
    const std::vector<Bytes> pieces = cut_packet(encode_tcp_packet(segment), 1'500);
    ASSERT_EQ(pieces.size(), 3U);
    std::uint32_t next = segment.sequence;
    for (const Bytes& piece : pieces) {
        std::vector<Finding> faults;
        const auto packet = decode_ipv4(piece, faults);
        EXPECT_TRUE(faults.empty());
        ASSERT_TRUE(packet && packet->tcp);
        EXPECT_LE(piece.size(), 1'500U);
        EXPECT_EQ(packet->tcp->sequence, next);
        const bool is_last = &piece == &pieces.back();
        EXPECT_EQ(packet->tcp->has(tcp_flag::kFin), is_last);
        EXPECT_EQ(packet->tcp->has(tcp_flag::kPsh), is_last);
        next += static_cast<std::uint32_t>(packet->tcp->payload.size());
    }
    EXPECT_EQ(next, segment.sequence + 4'000);
}

/// What compare_replies says of `live`, where `recorded` was captured.
std::vector<std::string> differences(const std::vector<TcpSegment>& recorded,
                                     const std::vector<TcpSegment>& live) {
    ServerSide then(kClientStart);
    ServerSide now(kClientStart);
    for (std::size_t i = 0; i < recorded.size(); ++i)
        then.hear(recorded[i], i + 1);
    for (std::size_t i = 0; i < live.size(); ++i)
        now.hear(live[i], i);
    AnswerMap map(PayloadMatch::Auto, then, {});
    map.update(now);
    std::vector<std::string> messages;
    for (const Finding& finding : compare_replies(then, now, map, false))
        messages.push_back(finding.message());
    return messages;
}

TEST(Replies, DifferencesNameFieldAndPacket) {
    const auto data = [](std::string_view text) { return of_server(tcp_flag::kAck, 1, 9, text); };
    const TcpSegment reset = of_server(tcp_flag::kRst, 1, 0);
    TcpSegment modest = syn_ack();
    modest.window_scale.reset();
    using Messages = std::vector<std::string>;
    EXPECT_EQ(differences({syn_ack(), data("abc")}, {syn_ack(), data("abc")}), Messages{});
    EXPECT_EQ(differences({syn_ack(), data("abc")}, {syn_ack(), data("abX")}),
              (Messages{"as-captured: expected tcp.payload byte 2 0x63 (packet 2 of the capture), "
                        "got 0x58"}));
    EXPECT_EQ(differences({syn_ack(), data("abc")}, {syn_ack(), data("ab")}).size(), 1U);
    EXPECT_EQ(differences({syn_ack(), data("abc")}, {syn_ack(), data("abcd")}).size(), 1U);
    EXPECT_EQ(differences({syn_ack()}, {modest}),
              (Messages{"as-captured: expected tcp.options.window_scale present (packet 1 of the "
                        "capture), got absent"}));
    EXPECT_EQ(differences({reset}, {syn_ack()}).size(), 2U);
    EXPECT_EQ(differences({syn_ack()}, {reset}).size(), 1U);
    EXPECT_EQ(differences({}, {reset}).size(), 1U) << "to a SYN that nobody had answered";
    EXPECT_EQ(differences({syn_ack(), data("abc"), of_server(tcp_flag::kFin, 4, 9)},
                          {syn_ack(), data("abc")}),
              (Messages{"as-captured: expected tcp.flags FIN (packet 3 of the capture), got no "
                        "FIN"}));
    EXPECT_EQ(differences({syn_ack(), data("abc")}, {syn_ack(), data("abc"), reset}).size(), 1U);
}

TEST(Replies, HeadsOfHttpMayDiffer) {
    const auto answer = [](std::string_view text) {
        return std::vector<TcpSegment>{syn_ack(), of_server(tcp_flag::kAck, 1, 9, text)};
    };
    const auto then = answer("HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_TRUE(differences(then, answer("HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "2\r\nhi\r\n0\r\n\r\n"))
                    .empty());
    EXPECT_EQ(differences(then, answer("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nhi")).front(),
              "as-captured: expected http.status of response 1 200 (packet 2 of the capture), "
              "got 404");
    EXPECT_EQ(differences(then, answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nho")).front(),
              "as-captured: expected http.body of response 1 byte 1 0x69 (packet 2 of the "
              "capture), got 0x6f");
    EXPECT_EQ(differences(then, answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")).size(),
              1U);
    EXPECT_EQ(differences(then, answer("ERROR")).size(), 1U);
    // The beginning of a body that the capture has not whole is compared all the same.
    const auto cut = answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi");
    EXPECT_EQ(differences(cut, answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nZZ")).size(),
              1U);
    EXPECT_TRUE(
        differences(cut, answer("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhigh")).empty());
    // So is what may be the head of one more.
    EXPECT_EQ(
        differences(then, answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1")).size(),
        1U);
}

}  // namespace
}  // namespace conform
