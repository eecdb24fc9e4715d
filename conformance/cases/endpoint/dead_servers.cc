// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, EP-33, and system page, CTL-6 and CTL-7: servers that are lost, cut off, or start
/// again.
#include <fmt/format.h>

#include "cases/endpoint/image.hh"
#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

using endpoint::MovedIn;
using std::chrono::milliseconds;

constexpr milliseconds kDead{3'000};          // CTL-3
constexpr milliseconds kNoNewChannel{3'000};  // EP-33
constexpr milliseconds kCutOff{5'000};        // EP-33
constexpr milliseconds kReconnect{6'000};     // CTL-2
constexpr std::uint16_t kFull = 2;            // a reason of 0x10
/// Pings come once a second.
constexpr milliseconds kPingPeriod{1'000};

Task<> forget_received(Peer& peer) {
    for (;;) {
        const auto received = co_await peer.receive(Duration::zero());
        if (!received) co_return;
    }
}

/// EP-33: the client of a record whose owner is lost is reset at its next packet, with that
/// packet's acknowledgment as sequence.
Task<> expect_reset(Stage& stage, Client& client, const char* requirement) {
    const std::uint32_t wanted = client.acknowledged() - client.server_initial_sequence();
    client.send(tcp_flag::kAck);
    const SegmentPattern reset{.flags = tcp_flag::kRst, .sequence = wanted};
    co_await client.expect(requirement, reset, stage.iut().timers.answer);
}

Task<> dead_target_resets(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    ControlChannel& channel = stage.channel();
    channel.cut();
    co_await stage.sleep(kDead);
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-33");
    co_await stage.sleep(kNoNewChannel + milliseconds(1'500));
    co_await expect_reset(stage, client, "EP-33");
    co_await peer.expect_silence("EP-33", "after it was lost", Duration::zero());
    // Back again it is a member as before.
    channel.mend();
    if (!co_await channel.wait_until_ready(2 * kReconnect)) {
        throw Violation({"CTL-2", "the channel again", "none"});
    }
    Client& other = stage.open_client();
    Peer& again = stage.open_peer(other);
    co_await endpoint::move_away(stage, other, again);
}

/// A loss that is mended within 3 s changes nothing.
Task<> short_loss_harmless(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    stage.channel().close();
    if (!co_await stage.channel().wait_until_ready(kNoNewChannel)) {
        throw Violation({"CTL-2", "the channel again within 3 s", "none"});
    }
    co_await stage.sleep(kDead + kNoNewChannel);
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-33");
}

Task<> restarted_target_resets(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await endpoint::move_away(stage, client, peer);
    stage.channel().restart();
    co_await stage.sleep(milliseconds(10));
    if (!co_await stage.channel().wait_until_ready(kReconnect)) {
        throw Violation({"CTL-7", "a channel with the new boot number", "none"});
    }
    co_await expect_reset(stage, client, "CTL-7");
}

/// CTL-7: what had moved in from a home that starts again is dropped without a word.
Task<> restarted_home_forgotten(Stage& stage) {
    MovedIn released(stage);
    co_await released.move();
    MovedIn unreleased(stage);
    unreleased.peer().send_frame(unreleased.connection_frame());
    co_await unreleased.expect_acknowledgement("EP-7");
    stage.channel().restart();
    co_await stage.sleep(milliseconds(10));
    if (!co_await stage.channel().wait_until_ready(kReconnect)) {
        throw Violation({"CTL-7", "a channel with the new boot number", "none"});
    }
    co_await forget_received(unreleased.peer());
    co_await unreleased.expect_nothing(
        "CTL-7", "of an unreleased endpoint of a home that restarted", stage.iut().timers.silence);
    released.peer().send_frame(released.forwarded_frame(released.next_request()));
    co_await released.client().expect_silence("CTL-7", "of an endpoint of a home that restarted",
                                              stage.iut().timers.silence / 4);
    MovedIn twin(stage);
    co_await twin.move();
}

/// Of the device, as it has greeted.
std::uint64_t boot_of(const ControlChannel& channel) {
    const std::optional<Hello> hello = channel.greeting();
    return hello ? hello->boot : 0;
}

/// EP-33: after a start nothing is taken from a peer before a control frame other than hello.
Task<> silent_until_acquainted(Stage& stage) {
    MovedIn twin(stage);
    co_await twin.move();
    ControlChannel& channel = stage.channel();
    const std::uint64_t boot = boot_of(channel);
    co_await stage.upper_tester().request("restart");
    channel.behave({.answers_pings = false, .tells_state = false});
    co_await stage.sleep(kPingPeriod);
    MovedIn early(stage);
    early.peer().send_frame(early.connection_frame());
    co_await early.expect_nothing("EP-33", "before a control frame other than hello",
                                  milliseconds(300));
    channel.behave({});
    if (!co_await channel.wait_until_restarted(boot, 2 * kReconnect)) {
        throw Violation({"CTL-2", "the channel again", "none"});
    }
    co_await early.move();
}

/// EP-33: nor is anything offered to a peer before that.
Task<> nothing_for_strangers(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    ControlChannel& channel = stage.channel();
    const std::uint64_t boot = boot_of(channel);
    co_await stage.upper_tester().request("restart");
    channel.behave({.answers_pings = false, .tells_state = false});
    co_await stage.sleep(kPingPeriod);
    Client& by_url = stage.open_client();
    Peer& its_peer = stage.open_peer(by_url);
    co_await by_url.connect("EP-2");
    by_url.send(tcp_flag::kPsh | tcp_flag::kAck, http_request(stage.iut().requests.moved));
    co_await endpoint::expect_local_response(stage, by_url);  // SEL-4
    Client& by_operator = stage.open_client();
    Peer& peer = stage.open_peer(by_operator);
    co_await by_operator.connect("EP-2");
    by_operator.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, by_operator));
    const Bytes flight = co_await endpoint::take_flight(stage, by_operator);
    std::vector<UpperTester::Field> fields = {{"connection", tuple_of(by_operator)},
                                              {"to", peer.self().name}};
    // Whatever it answers.
    co_await stage.upper_tester().request("migrate", std::move(fields));
    constexpr const char* kWhen = "before a control frame other than hello";
    co_await peer.expect_silence("EP-33", kWhen, milliseconds(300));
    co_await its_peer.expect_silence("EP-33", kWhen, Duration::zero());
    by_operator.accept_payload(flight);
    by_operator.send(tcp_flag::kAck);
    co_await endpoint::take_response(stage, by_operator, "EP-33", flight);
    channel.behave({});
    if (!co_await channel.wait_until_restarted(boot, 2 * kReconnect)) {
        throw Violation({"CTL-2", "the channel again", "none"});
    }
    Client& twin = stage.open_client();
    Peer& target = stage.open_peer(twin);
    co_await endpoint::move_away(stage, twin, target);
    by_operator.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, by_operator));
    co_await endpoint::take_flight(stage, by_operator);
    co_await stage.upper_tester().migrate("EP-40", by_operator, peer.self().name);
    co_await peer.expect("EP-40", endpoint::about(EncapsulationType::Connection, by_operator),
                         timers.answer);
}

/// EP-33: what is released while its server is cut off could act when its home has given it up.
Task<> no_release_while_cut_off(Stage& stage) {
    MovedIn stopped(stage);
    co_await stopped.move();
    ControlChannel& channel = stage.channel();
    co_await stage.sleep(kPingPeriod);
    channel.cut();
    // Late enough to live beyond the case (EP-15).
    co_await stage.sleep(kCutOff - 2 * kPingPeriod);
    MovedIn unreleased(stage);
    unreleased.peer().send_frame(unreleased.connection_frame());
    co_await unreleased.expect_acknowledgement("EP-7");
    co_await stage.sleep(3 * kPingPeriod);
    std::vector<TcpSegment> requests;
    for (MovedIn* connection : {&stopped, &unreleased}) {
        connection->release();
        requests.push_back(connection->next_request());
        connection->peer().send_frame(connection->forwarded_frame(requests.back()));
        co_await connection->client().expect_silence(
            "EP-33", "at a 0x14 that comes while the home is cut off", milliseconds(200));
    }
    channel.mend();
    if (!co_await channel.wait_until_ready(kReconnect)) {
        throw Violation({"CTL-2", "the channel again", "none"});
    }
    for (MovedIn* connection : {&stopped, &unreleased}) {
        co_await forget_received(connection->peer());
        co_await connection->expect_acknowledgement("EP-33");
        connection->release();
        const TcpSegment& request = requests[connection == &stopped ? 0 : 1];
        connection->peer().send_frame(connection->forwarded_frame(request));
        const SegmentPattern answer{.flags = tcp_flag::kAck, .has_payload = true};
        co_await connection->client().expect("EP-33", answer, stage.iut().timers.answer);
    }
}

/// EP-33: the same by the refusal of a return.
Task<> no_refusal_while_cut_off(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    Client& client = connection.client();
    Peer& peer = connection.peer();
    co_await stage.upper_tester().migrate("EP-46", client, peer.self().name);
    const endpoint::Offer offer = endpoint::take_offer(
        co_await peer.expect("EP-45", endpoint::about(EncapsulationType::Connection, client),
                             stage.iut().timers.answer));
    ControlChannel& channel = stage.channel();
    channel.cut();
    co_await stage.sleep(kCutOff + kPingPeriod);
    const TcpSegment request = connection.next_request();
    peer.send_frame(connection.forwarded_frame(request));
    peer.send(EncapsulationType::Reject, encode(Rejection{offer.id(), kFull}));
    co_await client.expect_silence("EP-33", "at a 0x10 that comes while the home is cut off",
                                   stage.iut().timers.silence);
    channel.mend();
    if (!co_await channel.wait_until_ready(kReconnect)) {
        throw Violation({"CTL-2", "the channel again", "none"});
    }
    co_await forget_received(peer);
    // Its return is still pending: it repeats its 0x01, and the refusal comes again (EP-46).
    co_await peer.expect("EP-46", endpoint::about(EncapsulationType::Connection, client),
                         stage.iut().timers.answer, EncapsulationType::Data);
    peer.send(EncapsulationType::Reject, encode(Rejection{offer.id(), kFull}));
    co_await connection.expect_response(request);
}

/// EP-33: a target that its home may have taken for dead stops, and goes on when it is told to.
Task<> cut_off_target_stops(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    ControlChannel& channel = stage.channel();
    co_await stage.sleep(kPingPeriod);
    channel.cut();
    co_await stage.sleep(kCutOff - 3 * kPingPeriod);
    co_await connection.exchange();
    co_await stage.sleep(4 * kPingPeriod);
    const TcpSegment request = connection.next_request();
    connection.forward(request);
    co_await connection.client().expect_silence("EP-33", "of a target that is cut off",
                                                stage.iut().timers.silence);
    co_await forget_received(connection.peer());
    channel.mend();
    co_await connection.expect_acknowledgement("EP-33");
    co_await connection.client().expect_silence("EP-33", "before the home has said 0x14",
                                                milliseconds(30));
    connection.release();
    const SegmentPattern answer{.flags = tcp_flag::kAck, .has_payload = true};
    connection.forward(request);
    co_await connection.client().expect("EP-33", answer, stage.iut().timers.answer);
}

/// CTL-6: a migration under way when the channel is lost ends as its profile says (EP-6), whether
/// the device has noticed the loss or not.
Task<> loss_in_a_migration(Stage& stage) {
    ControlChannel& channel = stage.channel();
    for (const bool is_noticed : {false, true}) {
        Client& client = stage.open_client();
        Peer& peer = stage.open_peer(client);
        co_await endpoint::provoke_migration(stage, client, peer);
        if (is_noticed) {
            channel.behave({.accepts = false, .opens = false});
            channel.close();
        } else {
            channel.cut();
        }
        const ReceivedSegment response =
            co_await client.expect("CTL-6", {.flags = tcp_flag::kAck, .sequence = 1},
                                   stage.iut().timers.fall_back + stage.iut().timers.answer / 2);
        client.accept(response.segment);
        co_await endpoint::finish_response(stage, client);
        co_await endpoint::exchange_locally(stage, client);
        channel.mend();
        channel.behave({});
        if (!co_await channel.wait_until_ready(kReconnect)) {
            throw Violation({"CTL-2", "the channel again", "none"});
        }
    }
}

/// SEC-9: a device that has forgotten everything owns nothing that it had.
Task<> restarted_device_owns_nothing(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    co_await stage.upper_tester().request("restart");
    co_await stage.sleep(2 * kReconnect);
    const TcpSegment request = connection.next_request();
    connection.peer().send_frame(connection.forwarded_frame(request));
    co_await connection.client().expect_silence("SEC-9", "of a device that has restarted",
                                                stage.iut().timers.silence);
    // The old attempt makes a copy that nobody releases: it acts no more than the first.
    connection.peer().send_frame(connection.connection_frame());
    co_await connection.client().expect_silence("SEC-9", "of a copy that is not released",
                                                stage.iut().timers.silence);
    // Nor does a 0x14 that was on its way all the time release it: it is of another copy (EP-8).
    connection.release();
    connection.peer().send_frame(connection.forwarded_frame(request));
    co_await connection.client().expect_silence("SEC-9", "of a copy that an old 0x14 does not name",
                                                stage.iut().timers.silence);
    MovedIn twin(stage);
    co_await twin.move();
}

CaseInfo server_case(std::string_view id, std::string_view claim,
                     std::vector<std::string_view> requirements, std::string_view role,
                     Task<> (*run)(Stage& stage)) {
    return {id, claim, std::move(requirements), "endpoint", role, run, "control-channel"};
}

}  // namespace

std::vector<CaseInfo> endpoint_dead_servers_cases() {
    return {
        server_case("endpoint/dead-servers/dead-target-resets",
                    "A target without a channel for 3 s and 3 s more is dead: its clients are "
                    "reset at their next packet.",
                    {"EP-33"}, "home", dead_target_resets),
        server_case("endpoint/dead-servers/short-loss-harmless",
                    "A channel that is back within 3 s has changed nothing.", {"EP-33", "CTL-2"},
                    "home", short_loss_harmless),
        server_case("endpoint/dead-servers/restarted-target-resets",
                    "A hello with a new boot number ends what was moved to that server.",
                    {"CTL-7", "EP-33"}, "home", restarted_target_resets),
        server_case("endpoint/dead-servers/restarted-home-forgotten",
                    "A hello with a new boot number drops what had moved in from that server.",
                    {"CTL-7"}, "target", restarted_home_forgotten),
        server_case("endpoint/dead-servers/silent-until-acquainted",
                    "After a start endpoint frames of a peer are dropped until it has said more "
                    "than hello.",
                    {"EP-33", "SEC-9"}, "target", silent_until_acquainted),
        server_case("endpoint/dead-servers/nothing-for-strangers",
                    "After a start nothing is offered to a peer until it has said more than hello.",
                    {"EP-33"}, "home", nothing_for_strangers),
        server_case("endpoint/dead-servers/no-release-while-cut-off",
                    "A target that is cut off from a home takes no 0x14 from there.", {"EP-33"},
                    "target", no_release_while_cut_off),
        server_case("endpoint/dead-servers/no-refusal-while-cut-off",
                    "An owner that is cut off does not go on at the refusal of its return.",
                    {"EP-33", "EP-46"}, "target", no_refusal_while_cut_off),
        server_case("endpoint/dead-servers/cut-off-target-stops",
                    "A target cut off from a home for 5 s is silent for its connections until it "
                    "has got 0x14 again.",
                    {"EP-33"}, "target", cut_off_target_stops),
        server_case("endpoint/dead-servers/loss-in-a-migration",
                    "A channel that is lost during a migration leaves the client with an answer.",
                    {"CTL-6", "EP-6"}, "home", loss_in_a_migration),
        server_case("endpoint/dead-servers/restarted-device-owns-nothing",
                    "A device that has restarted owns nothing of before.", {"SEC-9", "EP-33"},
                    "target", restarted_device_owns_nothing)};
}

}  // namespace conform
