// SPDX-License-Identifier: Apache-2.0
/// System page, SES-3 and SES-4: sessions that servers tell each other, and those of TLS.
#include <fmt/format.h>

#include <numeric>

#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "cases/system/conversation.hh"
#include "pdu/farm_message.hh"
#include "pdu/tls_hello.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;
using web::Conversation;
using web::Decision;

constexpr milliseconds kAtOnce{60};
constexpr milliseconds kDecisionTime{100};  // SEL-5
constexpr milliseconds kDelayedAcknowledgment{500};
constexpr milliseconds kSettles{100};
constexpr std::chrono::seconds kReconnect{12};
constexpr std::uint32_t kLifetimeSeconds = 600;
constexpr std::size_t kWhole = 1 << 14;  // all in one record

/// An id such as a TLS server draws.
Bytes draw_id(Stage& stage, std::size_t size = 32) {
    Bytes id(size);
    for (std::uint8_t& byte : id)
        byte = static_cast<std::uint8_t>(stage.random().next_u32());
    return id;
}

/// The server behind `channel` tells of a session of its own.
void tell(ControlChannel& channel, const SessionTold& told) {
    channel.send({control_kind::kSession, 0, encode(told)});
}

/// The channel is as it was: what was sent before has been read.
Task<> expect_pong(Stage& stage, const char* requirement) {
    ControlChannel& channel = stage.channel();
    const std::uint64_t transaction = stage.random().next_u64();
    channel.send({control_kind::kPing, transaction});
    const ReceivedControlFrame pong =
        co_await channel.expect(requirement, control_kind::kPong, stage.iut().timers.answer);
    stage.check(requirement, "pong with transaction", transaction, pong.content.transaction,
                pong.frame);
}

/// The next 0x31 for `peer` about this session, whatever else is told of others before; throws
/// Violation where there is none.
Task<ReceivedControlFrame> expect_about(Stage& stage, std::size_t peer, const SessionId& session) {
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    for (;;) {
        ReceivedControlFrame received = co_await stage.channel(peer).expect(
            "SES-4", control_kind::kSession, deadline - stage.wire().now());
        const auto told = parse_session_told(received.content.body);
        if (!told) {
            throw Violation({"SES-4", "a body of 0x31 as the page lays it out",
                             to_hex(received.content.body, 64), received.frame});
        }
        if (told->id == encode(session)) co_return std::move(received);
    }
}

/// `peer` must be told of `session`, kept by the device for the whole lifetime, or for what is left
/// of it.
Task<> expect_told(Stage& stage, std::size_t peer, const SessionId& session, bool is_new) {
    const ReceivedControlFrame received = co_await expect_about(stage, peer, session);
    const SessionTold told = *parse_session_told(received.content.body);
    stage.check("SES-4", "kind", session_kind::kCookie, told.kind, received.frame);
    stage.check("SES-4", "server", stage.iut().device.id, told.server, received.frame);
    const auto lifetime_s =
        static_cast<std::uint64_t>(milliseconds_of(stage.iut().sessions.lifetime) / 1'000);
    if (is_new) stage.check("SES-4", "lifetime", lifetime_s, told.lifetime_s, received.frame);
    stage.check_that(told.lifetime_s <= lifetime_s, "SES-4",
                     fmt::format("a lifetime of {} s at most", lifetime_s),
                     fmt::format("{} s", told.lifetime_s), received.frame);
}

/// The session that the device gives to a client that has none.
Task<SessionId> begin_session(Stage& stage) {
    Conversation conversation = co_await web::connect(stage);
    const web::Reply reply =
        co_await conversation.ask("SES-1", web::get(stage.iut().requests.local));
    const auto session = web::session_set(stage, reply);
    if (!session) throw Violation({"SES-1", "a session cookie", "none", reply.frame});
    co_return *session;
}

Task<> expect_nothing_told(Stage& stage, const SessionId& session, const char* when) {
    const Time deadline = stage.wire().now() + stage.iut().timers.silence / 2;
    for (;;) {
        const auto received = co_await stage.channel().receive(deadline - stage.wire().now());
        if (!received) co_return;
        if (received->content.kind != control_kind::kSession) continue;
        const auto told = parse_session_told(received->content.body);
        stage.check_that(told && told->id != encode(session), "SES-4",
                         fmt::format("no 0x31 {}", when), "one", received->frame);
    }
}

/// A session that begins is told to both peers at once, and a client that comes back is none.
Task<> begun_is_told(Stage& stage) {
    static_cast<void>(stage.server(1));
    for (const std::size_t peer : {std::size_t{0}, std::size_t{1}})
        stage.channel(peer).forget_received();
    const SessionId session = co_await begin_session(stage);
    for (const std::size_t peer : {std::size_t{0}, std::size_t{1}})
        co_await expect_told(stage, peer, session, true);
}

/// A server that was not there, or has lost what it knew, is told of what there is.
Task<> told_when_a_channel_opens(Stage& stage) {
    const SessionId session = co_await begin_session(stage);
    co_await expect_told(stage, 0, session, true);
    stage.channel().restart();
    stage.channel().forget_received();
    co_await stage.sleep(milliseconds(10));
    if (!co_await stage.channel().wait_until_ready(kReconnect)) {
        throw Violation({"CTL-7", "a channel with the new boot number", "none"});
    }
    co_await expect_told(stage, 0, session, false);
}

/// SES-4: a client that comes back early tells nothing new; in the second half of the lifetime it
/// is told once more that its session lives.
Task<> used_is_told_again(Stage& stage) {
    constexpr std::chrono::seconds kLongest{60};
    const Duration lifetime = stage.iut().sessions.lifetime;
    if (lifetime > kLongest) {
        throw NotRunnable("needs ixit.session.lifetime_s of 60 at most, more given");
    }
    const SessionId session = co_await begin_session(stage);
    co_await expect_told(stage, 0, session, true);
    const std::string value = session_value(stage.iut().sessions.key, session);
    const HttpRequest again = web::get(stage, stage.iut().requests.local, value);
    Conversation early = co_await web::connect(stage);
    co_await early.ask("SES-1", again);
    co_await expect_nothing_told(stage, session, "within the first half of its lifetime");
    co_await stage.sleep(lifetime / 2 + kSettles);
    Conversation late = co_await web::connect(stage);
    co_await late.ask("SES-1", again);
    co_await expect_told(stage, 0, session, true);
}

/// Nobody answers an 0x31, whatever transaction it names.
Task<> told_is_not_answered(Stage& stage) {
    const SessionTold told{session_kind::kCookie, draw_id(stage, 12), stage.server(0).id,
                           kLifetimeSeconds};
    const std::uint64_t transaction = stage.random().next_u64();
    stage.channel().forget_received();
    stage.channel().send({control_kind::kSession, transaction, encode(told)});
    const Time deadline = stage.wire().now() + stage.iut().timers.silence;
    for (;;) {
        const auto received = co_await stage.channel().receive(deadline - stage.wire().now());
        if (!received) break;
        stage.check_that(received->content.transaction != transaction, "SES-4", "no answer to 0x31",
                         describe_control_kind(received->content.kind), received->frame);
    }
    co_await expect_pong(stage, "SES-4");
}

/// Each lacks a byte, has one too many, an id of no bytes, a kind that there is not, or a keeper
/// that is not who tells.
std::vector<Bytes> malformed_bodies(Stage& stage) {
    const SessionTold good{session_kind::kCookie, draw_id(stage, 12), stage.server(0).id,
                           kLifetimeSeconds};
    const Bytes whole = encode(good);
    SessionTold kindless = good;
    kindless.kind = 0;
    SessionTold unknown = good;
    unknown.kind = 3;
    SessionTold nameless = good;
    nameless.id.clear();
    SessionTold of_another = good;
    of_another.server = stage.server(1).id;
    Bytes longer = whole;
    longer.push_back(0);
    return {Bytes{},
            Bytes(whole.begin(), whole.end() - 1),
            longer,
            encode(kindless),
            encode(unknown),
            encode(nameless),
            encode(of_another)};
}

Task<> malformed_told_answered(Stage& stage) {
    for (const Bytes& body : malformed_bodies(stage)) {
        const std::uint64_t transaction = stage.random().next_u64();
        stage.channel().forget_received();
        stage.channel().send({control_kind::kSession, transaction, body});
        const ReceivedControlFrame received = co_await stage.channel().expect(
            "SES-4", control_kind::kError, stage.iut().timers.answer);
        const auto error = parse_control_error(received.content.body);
        stage.check("SES-4", "error with code", control_error::kNotUnderstood,
                    error ? error->code : 0U, received.frame);
        stage.check("SES-4", "error with transaction", transaction, received.content.transaction,
                    received.frame);
        co_await expect_pong(stage, "SES-4");
    }
}

/// The map as the device shows it: a session that a peer told, and one that began here.
Task<> sessions_dumped(Stage& stage) {
    const Bytes id = draw_id(stage, 12);
    const SessionTold told{session_kind::kCookie, id, stage.server(0).id, kLifetimeSeconds};
    tell(stage.channel(), told);
    co_await expect_pong(stage, "SES-4");
    const SessionId session = co_await begin_session(stage);
    const UpperTester::Answer answer = co_await stage.upper_tester().request("sessions");
    const std::string map = co_await stage.upper_tester().table("cookie_map");
    const std::size_t frame = stage.wire().capture().size() - 1;
    for (const auto& [what, server] : {std::pair{id, stage.server(0).name},
                                       std::pair{encode(session), stage.iut().device.name}}) {
        const std::string row = fmt::format("\"id\":\"{}\"", to_hex(what));
        const std::string name = fmt::format("\"server\":\"{}\"", server);
        for (const std::string& dump : {answer.result, map}) {
            const bool has_both =
                dump.find(row) != std::string::npos && dump.find(name) != std::string::npos;
            stage.check_that(has_both, "TAB-3", fmt::format("a row with {} and {}", row, name),
                             dump.substr(0, 300), frame);
        }
    }
}

Task<> every_table_dumped(Stage& stage) {
    Conversation conversation = co_await web::connect(stage);
    co_await conversation.ask("EP-3", web::get(stage.iut().requests.local));
    const UpperTester::Answer answer = co_await stage.upper_tester().request("tables");
    for (const char* name :
         {"temporary", "local", "forward", "forward_connect", "server_state", "listening_sockets",
          "application_information", "url_map", "cookie_map"}) {
        const bool is_there =
            answer.result.find(fmt::format("\"{}\":[", name)) != std::string::npos;
        stage.check_that(is_there, "TAB-3", fmt::format("a table {}", name),
                         answer.result.substr(0, 300), stage.wire().capture().size() - 1);
    }
    const UpperTester::Answer counters = co_await stage.upper_tester().request("counters");
    stage.check_that(counters.is_ok && counters.result.starts_with('{'), "TAB-3", "counters",
                     counters.result.substr(0, 100), stage.wire().capture().size() - 1);
}

/// The first flight of a TLS client with this session, in one record.
Bytes flight_with(const Bytes& id) {
    return to_records(encode(ClientHello{id}), kWhole);
}

/// A TLS client's first flight on a connection of its own: who gets it?
Task<Decision> decide_hello(Stage& stage, const Bytes& records, std::size_t segment,
                            Duration within) {
    Conversation conversation = co_await web::connect(stage);
    Client& client = conversation.client();
    Peer& peer = stage.open_peer(client, 1);
    for (std::size_t at = 0; at < records.size(); at += segment) {
        const ByteView piece =
            ByteView(records).subspan(at, std::min(segment, records.size() - at));
        client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(piece.begin(), piece.end()));
    }
    co_return co_await conversation.decision(peer, within);
}

Task<> expect_hello(Stage& stage, const char* requirement, const char* what, const Bytes& records,
                    std::size_t segment, Decision expected, Duration within) {
    const Decision actual = co_await decide_hello(stage, records, segment, within);
    const bool is_elsewhere = expected == Decision::Elsewhere;
    stage.check_that(
        actual == expected, requirement,
        fmt::format("{} {}", what, is_elsewhere ? "to go to the issuer" : "to stay by state"),
        actual == Decision::None ? "no decision"
        : is_elsewhere           ? "served here"
                                 : "offered",
        stage.wire().capture().size() - 1);
}

/// Tells the device that the second peer, which listens, has issued `id`.
Task<> issue(Stage& stage, Bytes id, std::uint32_t lifetime_s) {
    stage.channel(1).tell(web::listening_state(stage, stage.server(1), false));
    const SessionTold told{session_kind::kTls, std::move(id), stage.server(1).id, lifetime_s};
    tell(stage.channel(1), told);
    co_await stage.sleep(kSettles);
}

constexpr Duration kLocally = kDecisionTime + kDelayedAcknowledgment;

Task<> tls_session_finds_its_issuer(Stage& stage) {
    const Bytes id = draw_id(stage);
    const Bytes hello = flight_with(id);
    co_await expect_hello(stage, "SES-3", "an id that nobody has told of", hello, kWhole,
                          Decision::Here, kLocally);
    co_await issue(stage, id, kLifetimeSeconds);
    co_await expect_hello(stage, "SES-3", "a known id", hello, kWhole, Decision::Elsewhere,
                          kAtOnce);
    // As small as ids may be told apart: one byte is another.
    Bytes other = id;
    other.back() ^= 1U;
    co_await expect_hello(stage, "SES-3", "an id that is another in its last byte",
                          flight_with(other), kWhole, Decision::Here, kLocally);
}

/// In segments of nine bytes, in records of seven, and both: as one whole hello.
Task<> hello_of_any_cut(Stage& stage) {
    constexpr std::size_t kSegment = 9;
    constexpr std::size_t kRecord = 7;
    const Bytes id = draw_id(stage);
    co_await issue(stage, id, kLifetimeSeconds);
    const Bytes message = encode(ClientHello{id});
    for (const std::size_t record : {kWhole, kRecord}) {
        for (const std::size_t segment : {kWhole, kSegment}) {
            co_await expect_hello(stage, "SES-3", "a known id in pieces",
                                  to_records(message, record), segment, Decision::Elsewhere,
                                  kAtOnce);
        }
    }
}

/// Nothing in clear that a server has issued: no id, a legacy id of TLS 1.3, a hello that ends
/// before its id, and one whose id is longer than its message.
Task<> hello_without_session(Stage& stage) {
    constexpr std::size_t kCut = 60;
    const Bytes id = draw_id(stage);
    co_await issue(stage, id, kLifetimeSeconds);
    const Bytes empty = flight_with({});
    co_await expect_hello(stage, "SES-3", "a hello without id", empty, kWhole, Decision::Here,
                          kLocally);
    ClientHello modern{draw_id(stage)};
    modern.is_of_tls13 = true;
    co_await expect_hello(stage, "SES-3", "a hello of TLS 1.3", to_records(encode(modern), kWhole),
                          kWhole, Decision::Here, kLocally);
    Bytes cut = flight_with(id);
    cut.resize(kCut);
    co_await expect_hello(stage, "SES-3", "a hello that ends within its id", cut, kWhole,
                          Decision::Here, kLocally);
    Bytes longer = encode(ClientHello{id});
    constexpr std::size_t kIdLengthAt = 4 + 2 + 32;
    longer[kIdLengthAt] = 33;  // RFC 5246 7.4.1.2: 32 at most
    co_await expect_hello(stage, "SES-3", "a hello with an id of 33 bytes",
                          to_records(longer, kWhole), kWhole, Decision::Here, kLocally);
    co_await expect_hello(stage, "SES-3", "a known id", flight_with(id), kWhole,
                          Decision::Elsewhere, kAtOnce);
}

/// SES-4: a session that nobody tells of again is forgotten when its time is over.
Task<> told_session_expires(Stage& stage) {
    constexpr std::uint32_t kShortSeconds = 3;
    constexpr milliseconds kLate{500};
    const Bytes id = draw_id(stage);
    const Bytes hello = flight_with(id);
    co_await issue(stage, id, kShortSeconds);
    co_await expect_hello(stage, "SES-4", "a known id", hello, kWhole, Decision::Elsewhere,
                          kAtOnce);
    co_await stage.sleep(std::chrono::seconds(kShortSeconds) + kLate +
                         stage.iut().timers.tolerance);
    co_await expect_hello(stage, "SES-4", "an id whose time is over", hello, kWhole, Decision::Here,
                          kLocally);
    // Told again it lives again, for as long as was said last.
    co_await issue(stage, id, kShortSeconds);
    co_await issue(stage, id, kLifetimeSeconds);
    co_await stage.sleep(std::chrono::seconds(kShortSeconds) + kLate);
    co_await expect_hello(stage, "SES-4", "an id told again", hello, kWhole, Decision::Elsewhere,
                          kAtOnce);
}

/// SES-4: the issuer has started again, and knows none of its sessions.
Task<> restarted_issuer_forgotten(Stage& stage) {
    const Bytes id = draw_id(stage);
    const Bytes hello = flight_with(id);
    co_await issue(stage, id, kLifetimeSeconds);
    co_await expect_hello(stage, "SES-4", "a known id", hello, kWhole, Decision::Elsewhere,
                          kAtOnce);
    stage.channel(1).restart();
    co_await stage.sleep(milliseconds(10));
    if (!co_await stage.channel(1).wait_until_ready(kReconnect)) {
        throw Violation({"CTL-7", "a channel with the new boot number", "none"});
    }
    co_await stage.sleep(kSettles);
    co_await expect_hello(stage, "SES-4", "an id of an issuer that started again", hello, kWhole,
                          Decision::Here, kLocally);
}

CaseInfo map_case(std::string_view id, std::string_view claim,
                  std::vector<std::string_view> requirements, Task<> (*run)(Stage& stage),
                  std::string_view needs) {
    return {id, claim, std::move(requirements), "endpoint", "home", run, needs};
}

}  // namespace

std::vector<CaseInfo> system_session_map_cases() {
    return {
        map_case("system/session-map/begun-is-told",
                 "A session that begins is told to every server, with id, keeper and lifetime.",
                 {"SES-4"}, begun_is_told, "sessions control-channel"),
        map_case("system/session-map/told-when-a-channel-opens",
                 "A server whose channel opens is told of the sessions that there are.", {"SES-4"},
                 told_when_a_channel_opens, "sessions control-channel"),
        map_case("system/session-map/used-is-told-again",
                 "A session that is used in the second half of its lifetime is told again.",
                 {"SES-4"}, used_is_told_again, "sessions control-channel"),
        map_case("system/session-map/told-is-not-answered", "Nobody answers an 0x31.", {"SES-4"},
                 told_is_not_answered, "sessions control-channel"),
        map_case("system/session-map/malformed-told-answered",
                 "A body of 0x31 that is none, or of another's session, is answered with an error, "
                 "and the channel goes on.",
                 {"SES-4"}, malformed_told_answered, "sessions control-channel"),
        map_case("system/session-map/sessions-dumped",
                 "The operator sees sessions that began here and that others told.",
                 {"TAB-3", "SES-4"}, sessions_dumped, "sessions control-channel"),
        map_case("system/session-map/every-table-dumped",
                 "All nine tables can be dumped, and the counters.", {"TAB-3"}, every_table_dumped,
                 ""),
        map_case("system/session-map/tls-session-finds-its-issuer",
                 "A hello whose session id a peer has told of goes to that peer; no other does.",
                 {"SES-3", "SES-4", "SEL-2"}, tls_session_finds_its_issuer, "tls-sessions"),
        map_case("system/session-map/hello-of-any-cut", "So does one in many segments and records.",
                 {"SES-3", "SEL-5"}, hello_of_any_cut, "tls-sessions"),
        map_case("system/session-map/hello-without-session",
                 "A hello that names no session is decided by state.", {"SES-3"},
                 hello_without_session, "tls-sessions"),
        map_case("system/session-map/told-session-expires",
                 "A session that was told is forgotten when its lifetime is over.", {"SES-4"},
                 told_session_expires, "tls-sessions"),
        map_case("system/session-map/restarted-issuer-forgotten",
                 "The sessions of a server that starts again are gone.", {"SES-4", "SES-3"},
                 restarted_issuer_forgotten, "tls-sessions")};
}

}  // namespace conform
