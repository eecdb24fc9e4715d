// SPDX-License-Identifier: Apache-2.0
/// System page, SEL-5: how long a home looks at a request before it decides, and what it does with
/// bytes that are none.
#include <fmt/format.h>

#include <optional>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "cases/system/conversation.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using web::Conversation;
using web::Decision;

constexpr milliseconds kDecisionTime{100};  // from the first byte
constexpr std::size_t kDecisionBytes = 8'192;
/// What suffices decides at once: well before its time is over.
constexpr milliseconds kAtOnce{60};
/// Nothing decides yet: as long as that, and the time is still not over.
constexpr milliseconds kNotYet{30};
/// When its time is over: for what still has to be made of it, beside the way here.
constexpr milliseconds kSoon{20};
/// An acknowledgment may be that late (RFC 9293 3.8.6.3).
constexpr milliseconds kDelayedAcknowledgment{500};

const char* name_of(Decision decision) {
    switch (decision) {
        case Decision::None:
            return "none";
        case Decision::Here:
            return "served here";
        case Decision::Elsewhere:
            return "offered elsewhere";
    }
    return "";
}

void check_decision(Stage& stage, const char* requirement, const char* when, Decision expected,
                    Decision actual) {
    stage.check_that(expected == actual, requirement, fmt::format("{} {}", name_of(expected), when),
                     name_of(actual), stage.wire().capture().size() - 1);
}

/// A connection, and the first peer's ear for it.
struct Watched {
    Conversation conversation;
    Peer* peer;
};

Task<Watched> watch(Stage& stage) {
    Conversation conversation = co_await web::connect(stage);
    Peer& peer = stage.open_peer(conversation.client());
    co_return Watched{std::move(conversation), &peer};
}

/// A request whose head is whole waits for nothing.
Task<> decided_when_it_suffices(Stage& stage) {
    Watched moved = co_await watch(stage);
    moved.conversation.send(web::get(stage.iut().requests.moved));
    check_decision(stage, "SEL-5", "as soon as the request is whole", Decision::Elsewhere,
                   co_await moved.conversation.decision(*moved.peer, kAtOnce));
    Watched local = co_await watch(stage);
    local.conversation.send(web::get(stage.iut().requests.local));
    check_decision(stage, "SEL-5", "as soon as the request is whole", Decision::Here,
                   co_await local.conversation.decision(*local.peer, kAtOnce));
}

/// The beginning of a target may be that of any other: nothing before 100 ms; then it is decided by
/// state, and a rest that names another server moves nothing.
Task<> decided_after_its_time(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    constexpr std::size_t kFirst = 6;  // "GET /x"
    auto [conversation, peer] = co_await watch(stage);
    const Bytes request = encode(web::get(stage.iut().requests.moved));
    const Time begun = stage.wire().now();
    conversation.send(ByteView(request).first(kFirst));
    check_decision(
        stage, "SEL-5", "before 100 ms", Decision::None,
        co_await conversation.decision(*peer, kDecisionTime - milliseconds(10) - timers.tolerance));
    check_decision(stage, "SEL-5", "after 100 ms, with the beginning of a target", Decision::Here,
                   co_await conversation.decision(*peer, kDecisionTime + kDelayedAcknowledgment));
    stage.check_that(
        stage.wire().now() - begun <= kDecisionTime + kDelayedAcknowledgment + 2 * timers.tolerance,
        "SEL-5", "a decision after 100 ms",
        fmt::format("after {} ms", milliseconds_of(stage.wire().now() - begun)),
        stage.wire().capture().size() - 1);
    conversation.send(ByteView(request).subspan(kFirst));
    co_await conversation.reply("SEL-5");
    co_await peer->expect_silence("EP-43", "for a connection that is bound", Duration::zero());
}

/// 8 KiB suffice, whatever they are; a byte less does not.
Task<> decided_after_8_kib(Stage& stage) {
    auto [conversation, peer] = co_await watch(stage);
    Bytes bytes = to_bytes("GET /");
    bytes.resize(kDecisionBytes + 1, 'a');
    const ByteView head(bytes);
    conversation.send(head.first(kDecisionBytes - 1));
    check_decision(stage, "SEL-5", "before 8 KiB and 100 ms", Decision::None,
                   co_await conversation.decision(*peer, kNotYet));
    conversation.send(head.subspan(kDecisionBytes - 1));
    check_decision(stage, "SEL-5", "after 8 KiB", Decision::Here,
                   co_await conversation.decision(*peer, kAtOnce));
}

/// A target decides only when no identifier can follow that would win (SEL-2); a whole line with
/// one decides at once, though the head goes on.
Task<> late_identifier_decides(Stage& stage) {
    const auto begin = [](const std::string& target) {
        return to_bytes(fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\n", target));
    };
    const auto line = [&stage](std::uint32_t server) {
        const HttpField field = web::cookie_field(stage, web::value_naming(stage, server));
        return to_bytes(fmt::format("{}: {}\r\n", field.name, field.value));
    };
    Watched stays = co_await watch(stage);
    stays.conversation.send(begin(stage.iut().requests.moved));
    check_decision(stage, "SEL-5", "while an identifier may follow", Decision::None,
                   co_await stays.conversation.decision(*stays.peer, kNotYet));
    stays.conversation.send(line(stage.iut().device.id));
    check_decision(stage, "SEL-5", "when a line with an identifier of the device has come",
                   Decision::Here,
                   co_await stays.conversation.decision(*stays.peer, kDelayedAcknowledgment));
    stays.conversation.send(to_bytes("\r\n"));
    co_await stays.conversation.reply("SEL-2");

    Watched moves = co_await watch(stage);
    moves.conversation.send(begin(stage.iut().requests.local));
    check_decision(stage, "SEL-5", "while an identifier may follow", Decision::None,
                   co_await moves.conversation.decision(*moves.peer, kNotYet));
    moves.conversation.send(line(stage.server(0).id));
    check_decision(stage, "SEL-5", "when a line with an identifier of the peer has come",
                   Decision::Elsewhere, co_await moves.conversation.decision(*moves.peer, kAtOnce));
}

/// Without the rest of the head the URL decides after 100 ms, with what is here.
Task<> waits_for_an_identifier(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    auto [conversation, peer] = co_await watch(stage);
    conversation.send(
        to_bytes(fmt::format("GET {} HTTP/1.1\r\nHost: c", stage.iut().requests.moved)));
    check_decision(
        stage, "SEL-5", "before 100 ms", Decision::None,
        co_await conversation.decision(*peer, kDecisionTime - milliseconds(10) - timers.tolerance));
    check_decision(
        stage, "SEL-5", "after 100 ms, by the URL", Decision::Elsewhere,
        co_await conversation.decision(*peer, kSoon + stage.round_trip() + 3 * timers.tolerance));
}

/// An identifier in pieces of three bytes each: neither acknowledged nor taken for another.
Task<> identifier_in_pieces(Stage& stage) {
    constexpr std::size_t kPiece = 3;
    auto [conversation, peer] = co_await watch(stage);
    Client& client = conversation.client();
    const std::string value = web::value_naming(stage, stage.server(0).id);
    const Bytes request = encode(web::get(stage, stage.iut().requests.local, value));
    const std::size_t last = request.size() - 4;  // the end of the field's line, and of the head
    std::vector<TcpSegment> pieces;
    for (std::size_t at = 0; at < last; at += kPiece) {
        const ByteView piece = ByteView(request).subspan(at, std::min(kPiece, last - at));
        pieces.push_back(
            client.make(tcp_flag::kPsh | tcp_flag::kAck, Bytes(piece.begin(), piece.end())));
        client.send(pieces.back());
    }
    co_await client.expect_silence("SEL-5", "before the request suffices to decide", kNotYet);
    co_await peer->expect_silence("SEL-5", "before the request suffices to decide",
                                  Duration::zero());
    pieces.push_back(client.make(tcp_flag::kPsh | tcp_flag::kAck, to_bytes("\r\n\r\n")));
    client.send(pieces.back());
    const endpoint::Offer offer = endpoint::take_offer(co_await peer->expect(
        "SES-2", endpoint::about(EncapsulationType::Connection, client), kAtOnce));
    const ControlBlock& block = offer.information.block;
    stage.check("SEL-5", "rcv_nxt, relative to irs,", 1, block.rcv_nxt - client.initial_sequence(),
                offer.frame.frame);
    co_await client.expect_silence("SEL-5", "while the connection is migrating", kAtOnce);
}

/// One of each kind of what is no request, or no reasonable one.
std::vector<Bytes> hostile_heads(const Stage& stage) {
    constexpr std::size_t kLong = 100U << 10;
    constexpr std::size_t kFields = 5'000;
    const std::string& local = stage.iut().requests.local;
    std::string bomb = fmt::format("GET {} HTTP/1.1\r\nHost: c\r\n", local);
    for (std::size_t i = 0; i < kFields; ++i)
        bomb += fmt::format("X-{}: y\r\n", i);
    Bytes zeros = to_bytes("GET \0/");
    zeros.resize(4'096, 0);
    return {to_bytes(fmt::format("GET /{} HTTP/1.1\r\nHost: c\r\n\r\n", std::string(kLong, 'a'))),
            to_bytes(fmt::format("GET {} HTTP/1.1\r\nHost: c\r\nX: {}\r\n\r\n", local,
                                 std::string(kLong, 'b'))),
            to_bytes(bomb + "\r\n"), zeros,
            to_bytes(fmt::format("GET {} HTTP/1.1\r\nHost c\r\n\r\n", local))};
}

/// A refusal, or an end; a connection beside goes on, and the next one is served.
Task<> hostile_heads_refused(Stage& stage) {
    constexpr unsigned kClientErrors = 400;
    Conversation bystander = co_await web::connect(stage);
    co_await bystander.ask("EP-3", web::get(stage.iut().requests.local));
    for (const Bytes& head : hostile_heads(stage)) {
        auto [conversation, peer] = co_await watch(stage);
        co_await conversation.send_much(head, 1'300);
        // An end says no, unless it stands behind an answer.
        std::optional<unsigned> status = conversation.status();
        if (!status && !conversation.is_over()) {
            const web::Reply reply = co_await conversation.reply("SEL-5");
            status = reply.head.status;
        }
        stage.check_that(
            !status || *status >= kClientErrors, "SEL-5", "a refusal of what is no request",
            fmt::format("status {}", status.value_or(0)), stage.wire().capture().size() - 1);
        co_await peer->expect_silence("SEL-5", "for what is no request", Duration::zero());
        co_await bystander.ask("SEC-5", web::get(stage.iut().requests.local));
    }
    Conversation after = co_await web::connect(stage);
    co_await after.ask("SEC-5", web::get(stage.iut().requests.local));
}

/// Requests in one piece behind each other are answered in their order, where the first one sent
/// the connection; what the others ask for moves nothing.
Task<> pipelined_requests_stay(Stage& stage) {
    auto [conversation, peer] = co_await watch(stage);
    Bytes requests = encode(web::get(stage.iut().requests.local));
    append(requests, encode(web::get(stage.iut().requests.moved)));
    append(requests, encode(web::get(stage.iut().requests.local)));
    conversation.send(requests);
    for (int i = 0; i < 3; ++i) {
        const web::Reply reply = co_await conversation.reply("EP-43");
        stage.check("EP-43", "status", 200, reply.head.status, reply.frame);
    }
    co_await peer->expect_silence("EP-43", "for a later request of a connection",
                                  stage.iut().timers.silence / 4);
}

CaseInfo request_case(std::string_view id, std::string_view claim,
                      std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage),
                      std::string_view needs = {}) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, needs};
}

}  // namespace

std::vector<CaseInfo> system_request_cases() {
    return {
        request_case("system/request/decided-when-it-suffices", "A whole request decides at once.",
                     {"SEL-5", "SEL-2"}, decided_when_it_suffices),
        request_case("system/request/decided-after-its-time",
                     "A request that does not suffice is decided 100 ms after its first byte, "
                     "and not before.",
                     {"SEL-5"}, decided_after_its_time),
        request_case("system/request/decided-after-8-kib",
                     "8 KiB of a request decide, and a byte less does not.", {"SEL-5"},
                     decided_after_8_kib),
        request_case("system/request/late-identifier-decides",
                     "A URL waits for an identifier that may follow; a line with one decides "
                     "at once.",
                     {"SEL-5", "SEL-2"}, late_identifier_decides, "sessions"),
        request_case("system/request/waits-for-an-identifier",
                     "A head that does not end is decided by its URL after 100 ms.", {"SEL-5"},
                     waits_for_an_identifier, "sessions"),
        request_case("system/request/identifier-in-pieces",
                     "A cookie in many segments is read as one, and nothing is acknowledged "
                     "before.",
                     {"SEL-5", "SES-2"}, identifier_in_pieces, "sessions"),
        request_case("system/request/hostile-heads-refused",
                     "Targets and fields of 100 KiB, thousands of fields and bytes that are no "
                     "request are refused, and harm nobody.",
                     {"SEL-5", "SEC-5"}, hostile_heads_refused),
        request_case("system/request/pipelined-requests-stay",
                     "Requests behind the first one are answered where that one went.",
                     {"EP-43", "SEL-1"}, pipelined_requests_stay)};
}

}  // namespace conform
