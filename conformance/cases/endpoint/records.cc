// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "Migration before an application is bound": which table an endpoint is in, and
/// for how long it may stay undecided.
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"

namespace conform {
namespace {

using std::chrono::milliseconds;

/// SEL-5, EP-11: with no byte the state decides.
constexpr milliseconds kFirstByte{3'000};
constexpr milliseconds kTemporaryLife{30'000};  // EP-11
/// Timers of a device may be coarse.
constexpr milliseconds kTimerTolerance{200};

/// TAB-1: the tuple is in just this table.
Task<> expect_table(Stage& stage, const char* requirement, const Client& client,
                    const std::string& table) {
    const std::vector<TableRow> rows = co_await stage.upper_tester().find(client);
    std::string actual;
    for (const TableRow& row : rows)
        actual += (actual.empty() ? "" : ", ") + row.table;
    const std::size_t frame = stage.wire().capture().size() - 1;
    stage.check_that(rows.size() <= 1, "TAB-1", "a tuple in one table at most", actual, frame);
    stage.check_that(actual == table, requirement,
                     fmt::format("{} in the table {}", tuple_of(client), table),
                     actual.empty() ? "none" : actual, frame);
}

/// TAB-3: the row says where it is going or has come from, by which attempt; the counters count.
Task<> expect_told(Stage& stage, const Client& client, const Peer& peer, std::uint32_t epoch) {
    const std::vector<TableRow> rows = co_await stage.upper_tester().find(client);
    const std::size_t frame = stage.wire().capture().size() - 1;
    if (rows.empty()) co_return;
    stage.check_that(rows.front().peer == peer.self().name, "TAB-3",
                     fmt::format("a row about {}", peer.self().name),
                     fmt::format("\"{}\"", rows.front().peer), frame);
    stage.check("TAB-3", "a row with epoch", epoch, rows.front().epoch, frame);
    const auto counters = co_await stage.upper_tester().request("counters");
    stage.check_that(counters.is_ok && counters.result.starts_with("{\""), "TAB-3", "counters",
                     counters.result.substr(0, 40), frame);
}

Task<> home_tables(Stage& stage) {
    Client& local = stage.open_client();
    co_await local.connect("EP-2");
    co_await expect_table(stage, "EP-1", local, "temporary");
    co_await endpoint::exchange_locally(stage, local);
    co_await expect_table(stage, "EP-3", local, "local");

    Client& moved = stage.open_client();
    Peer& peer = stage.open_peer(moved);
    const endpoint::Offer offer = co_await endpoint::provoke_migration(stage, moved, peer);
    co_await expect_table(stage, "EP-4", moved, "temporary");
    co_await endpoint::acknowledge(stage, peer, offer, stage.random().next_u32());
    co_await peer.expect("EP-9", endpoint::about(EncapsulationType::Forwarded, moved),
                         stage.iut().timers.answer, EncapsulationType::Connection);
    co_await expect_table(stage, "EP-9", moved, "forward");
    co_await expect_told(stage, moved, peer, offer.information.block.epoch);
    co_await expect_table(stage, "EP-3", local, "local");
}

Task<> target_table(Stage& stage) {
    endpoint::MovedIn connection(stage);
    connection.peer().send_frame(connection.connection_frame());
    co_await connection.expect_acknowledgement("EP-7");
    co_await expect_table(stage, "EP-7", connection.client(), "forward_connect");
    connection.release();
    co_await connection.exchange();
    co_await expect_table(stage, "EP-7", connection.client(), "forward_connect");
    co_await expect_told(stage, connection.client(), connection.peer(), connection.id().epoch);
}

/// EP-11: a client that says nothing is decided for after 3 s; what it then asks for moves nothing
/// (EP-43).
Task<> silent_client_decided_for(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& early = stage.open_client();
    Peer& early_peer = stage.open_peer(early);
    Client& late = stage.open_client();
    Peer& late_peer = stage.open_peer(late);
    co_await early.connect("EP-2");
    co_await late.connect("EP-2");
    // The twin: a request before that time moves.
    co_await stage.sleep(kFirstByte - kTimerTolerance);
    early.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    co_await early_peer.expect("EP-4", endpoint::about(EncapsulationType::Connection, early),
                               timers.answer);
    co_await stage.sleep(2 * kTimerTolerance);
    late.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    // At once, and not when a migration would have been given up (EP-6).
    co_await late.expect("EP-11", {.flags = tcp_flag::kAck, .sequence = 1}, timers.fall_back / 2);
    co_await late_peer.expect_silence("EP-43", "for a request on a connection that is bound",
                                      timers.silence);
}

/// EP-11: a half-open endpoint goes without a word; what comes for it later is a stray.
Task<> half_open_forgotten(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    client.send(client.make_syn());
    const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    client.learn_handshake((co_await client.expect("EP-2", syn_ack, timers.answer)).segment);
    const Time over = stage.wire().now() + kTemporaryLife + kTimerTolerance;
    while (const auto received = co_await client.receive(over - stage.wire().now())) {
        stage.check_that(!received->segment.has(tcp_flag::kRst), "EP-11",
                         "a half-open endpoint dropped without a word", "RST", received->frame);
    }
    co_await client.expect_silence("EP-11", "for a half-open endpoint after 30 s", kTemporaryLife);
    client.send(tcp_flag::kAck);
    co_await client.expect("EP-11", {.flags = tcp_flag::kRst, .sequence = 1}, timers.answer);
}

CaseInfo record_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, std::string_view role,
                     Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", role, run};
}

}  // namespace

std::vector<CaseInfo> endpoint_records_cases() {
    return {record_case("endpoint/records/home-tables",
                        "A connection is in Temporary until it is bound here or has moved: then in "
                        "Local or in Forward, and never in two tables.",
                        {"EP-1", "EP-3", "EP-4", "EP-9", "TAB-1", "TAB-3"}, "home", home_tables),
            record_case("endpoint/records/target-table",
                        "What has moved in is in Forward-Connect, released or not.",
                        {"EP-7", "TAB-1", "TAB-3"}, "target", target_table),
            record_case("endpoint/records/silent-client-decided-for",
                        "With no byte for 3 s after the handshake the state decides, and a later "
                        "request moves nothing.",
                        {"EP-11", "EP-43", "SEL-1", "SEL-5"}, "home", silent_client_decided_for),
            record_case("endpoint/records/half-open-forgotten",
                        "A half-open endpoint is dropped after 30 s, silently.", {"EP-11"}, "home",
                        half_open_forgotten)};
}

}  // namespace conform
