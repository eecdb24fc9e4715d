// SPDX-License-Identifier: Apache-2.0
/// Endpoint page, "End of a connection".
#include <fmt/format.h>

#include "cases/endpoint/moved_in.hh"
#include "cases/endpoint/steps.hh"
#include "cases/registry.hh"
#include "pdu/build.hh"
#include "pdu/repair.hh"

namespace conform {
namespace {

using endpoint::Departed;
using endpoint::MovedIn;
using std::chrono::milliseconds;

constexpr milliseconds kTwoMsl{60'000};        // EP-31
constexpr milliseconds kClosingIdle{60'000};   // EP-31
constexpr milliseconds kOwnerIdle{600'000};    // EP-31
constexpr milliseconds kOwnerClosing{20'000};  // EP-31
constexpr milliseconds kQuestions{3'000};      // EP-31: the last of a record's life
/// An owner answers a question unless it has spoken for so long.
constexpr milliseconds kAnswerPause{1'000};  // EP-31
/// Timers of a device may be coarse.
constexpr milliseconds kTimerTolerance{1'000};
constexpr std::size_t kTcpChecksum = 16;

/// 0x11 with the ID and copy that the endpoint was released under.
Task<> expect_release(Stage& stage, MovedIn& connection) {
    const ReceivedEncapsulation released = co_await connection.peer().expect(
        "EP-30", endpoint::about(EncapsulationType::Release, connection.client()),
        stage.iut().timers.answer);
    const IdentifiedCopy wanted{connection.id(), connection.copy()};
    stage.check_that(parse_identified_copy(released.header().payload) == wanted, "EP-30",
                     fmt::format("0x11 for {} copy {}", wanted.id.to_string(), wanted.copy),
                     to_hex(released.header().payload), released.frame);
}

/// FIN both ways, the client's first, so that nothing waits in TIME-WAIT.
Task<> close_moved_in(Stage& stage, MovedIn& connection) {
    Client& client = connection.client();
    connection.forward(client.make(tcp_flag::kFin | tcp_flag::kAck));
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    while (const auto received = co_await client.receive(deadline - stage.wire().now())) {
        client.accept(received->segment);
        if (!received->segment.has(tcp_flag::kFin)) continue;
        connection.forward(client.make(tcp_flag::kAck));
        co_return;
    }
    throw Violation({"EP-30", "a FIN after the client's", "none"});
}

Task<> owner_tells_its_home(Stage& stage) {
    MovedIn living(stage);
    co_await living.move();
    MovedIn closed(stage);
    co_await closed.move();
    co_await close_moved_in(stage, closed);
    if (stage.has_extensions()) co_await expect_release(stage, closed);
    MovedIn reset(stage);
    co_await reset.move();
    reset.forward(reset.client().make(tcp_flag::kRst | tcp_flag::kAck));
    if (stage.has_extensions()) co_await expect_release(stage, reset);
    // Both are gone: what still comes for them is for nobody (EP-23), and never reset to the
    // client.
    for (MovedIn* over : {&closed, &reset}) {
        over->peer().send_frame(over->forwarded_frame(over->next_request()));
        co_await over->client().expect_silence("EP-30", "of a connection that is over",
                                               stage.iut().timers.silence / 4);
        // The twin: what comes for a connection that is not over is answered all the while.
        co_await living.exchange();
    }
}

Bytes releasing(const IdentifiedCopy& identified) {
    return encode(identified);
}

/// EP-31: 0x11 ends the record, if it is the owner's and names the copy; the home swallows what is
/// not a SYN for 2MSL.
Task<> release_ends_forwarding(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    // EP-14: another copy, another epoch: nothing changes.
    IdentifiedCopy other = departed.identified();
    ++other.copy;
    peer.send(EncapsulationType::Release, releasing(other));
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-14");
    other = departed.identified();
    ++other.id.epoch;
    peer.send(EncapsulationType::Release, releasing(other));
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-14");

    peer.send(EncapsulationType::Release, releasing(departed.identified()));
    co_await stage.cross_links();
    for (int i = 0; i < 3; ++i) {
        client.send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes("late"));
        co_await client.expect_silence("EP-31", "for what comes within 2MSL of 0x11",
                                       stage.iut().timers.silence);
        co_await peer.expect_silence("EP-31", "after its 0x11", Duration::zero());
        co_await stage.sleep(kTwoMsl / 4);
    }
    // A SYN opens a new connection at once.
    Client& again = stage.open_successor(client);
    co_await again.connect("EP-31");
    co_await endpoint::exchange_locally(stage, again);
}

/// After 2MSL the tuple is nobody's (EP-20).
Task<> swallowing_ends(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    peer.send(EncapsulationType::Release, releasing(departed.identified()));
    co_await stage.sleep(kTwoMsl + kTimerTolerance);
    client.send(tcp_flag::kAck);
    co_await client.expect("EP-31", {.flags = tcp_flag::kRst}, stage.iut().timers.answer);
}

/// Ext: before it forgets the home asks with 0x14, which the owner that we play does not answer.
Task<> forget_received(Peer& peer) {
    for (;;) {
        const auto received = co_await peer.receive(Duration::zero());
        if (!received) co_return;
    }
}

/// A packet of a client of the device that the client does not count.
void send_uncounted(Stage& stage, const Bytes& packet) {
    stage.wire().send(Link::Front,
                      encode_ethernet(stage.iut().device.front_mac, stage.iut().client_mac,
                                      ether_type::kIpv4, packet));
}

/// EP-31: 60 s after the client's FIN or RST a record that nothing keeps alive is gone. Its
/// checksum has to be right.
Task<> closing_record_expires(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& damaged = stage.open_client();
    Peer& damaged_peer = stage.open_peer(damaged);
    co_await endpoint::move_away(stage, damaged, damaged_peer);
    Client& closing = stage.open_client();
    Peer& closing_peer = stage.open_peer(closing);
    co_await endpoint::move_away(stage, closing, closing_peer);

    Bytes packet = encode_tcp_packet(damaged.make(tcp_flag::kFin | tcp_flag::kAck));
    packet[20 + kTcpChecksum] ^= 0x40;
    send_uncounted(stage, packet);
    const TcpSegment fin = closing.make(tcp_flag::kFin | tcp_flag::kAck);
    closing.send(fin);
    co_await endpoint::expect_forwarded(stage, closing, closing_peer, "EP-31",
                                        encode_tcp_packet(fin));
    co_await stage.sleep(kClosingIdle - kTimerTolerance);
    co_await forget_received(closing_peer);
    co_await endpoint::expect_still_forwarded(stage, closing, closing_peer, "EP-31");
    co_await stage.sleep(kClosingIdle / 2);
    // A SYN is forwarded, and restarts nothing.
    TcpSegment syn = closing.make_syn();
    syn.sequence = closing.next_sequence() + 100'000;
    const Bytes syn_packet = encode_tcp_packet(syn);
    send_uncounted(stage, syn_packet);
    co_await endpoint::expect_forwarded(stage, closing, closing_peer, "EP-32", syn_packet);
    co_await stage.sleep(kClosingIdle / 2 + kTimerTolerance);
    co_await forget_received(closing_peer);
    closing.send(tcp_flag::kAck);
    co_await closing_peer.expect_silence("EP-31", "60 s after the client's FIN",
                                         timers.silence / 4);
    co_await closing.expect("EP-31", {.flags = tcp_flag::kRst}, timers.answer);
    // The one whose FIN was damaged is alive; so is the device.
    co_await forget_received(damaged_peer);
    co_await endpoint::expect_still_forwarded(stage, damaged, damaged_peer, "EP-31");
}

/// The 0x14 that a home asks with, or the 0x03 that an owner speaks with: of just this endpoint.
Task<ReceivedEncapsulation> expect_about(Stage& stage, Peer& peer, EncapsulationType type,
                                         const Client& client, IdentifiedCopy wanted,
                                         Duration within) {
    ReceivedEncapsulation received =
        co_await peer.expect("EP-31", endpoint::about(type, client), within);
    if (stage.has_extensions()) {
        stage.check_that(parse_identified_copy(received.header().payload) == wanted, "EP-31",
                         fmt::format("ID and copy of the endpoint: {} copy {}",
                                     wanted.id.to_string(), wanted.copy),
                         to_hex(received.header().payload), received.frame);
    }
    co_return received;
}

/// EP-31, ext: in the last 3 s of a record its owner is asked each second; an answer keeps it.
Task<> asks_before_it_forgets(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    const Duration quiet = kClosingIdle - kQuestions - kTimerTolerance;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    const TcpSegment fin = client.make(tcp_flag::kFin | tcp_flag::kAck);
    client.send(fin);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-31", encode_tcp_packet(fin));
    co_await peer.expect_silence("EP-31", "before the last 3 s of a record", quiet);
    co_await expect_about(stage, peer, EncapsulationType::Go, client, departed.identified(),
                          2 * kTimerTolerance);
    peer.send(EncapsulationType::Acknowledgement, encode(departed.identified()));
    co_await expect_about(stage, peer, EncapsulationType::Go, client, departed.identified(),
                          timers.answer);  // EP-16

    // The answer has restarted its life; this time nobody answers.
    co_await peer.expect_silence("EP-31", "before the last 3 s of a record", quiet);
    for (int i = 0; i < 3; ++i) {
        co_await expect_about(stage, peer, EncapsulationType::Go, client, departed.identified(),
                              2 * kTimerTolerance);
    }
    co_await stage.sleep(2 * kTimerTolerance);
    client.send(tcp_flag::kAck);
    co_await peer.expect_silence("EP-31", "of a record that is gone", timers.silence / 4);
    co_await client.expect("EP-31", {.flags = tcp_flag::kRst}, timers.answer);
}

/// EP-31, ext: an owner that is asked says that it is there, but not twice within a second.
Task<> owner_answers_its_home(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const IdentifiedCopy own{connection.id(), connection.copy()};
    for (int i = 0; i < 2; ++i) {
        co_await stage.sleep(kAnswerPause + kTimerTolerance);
        connection.release();  // the very 0x14 that released it
        co_await expect_about(stage, connection.peer(), EncapsulationType::Acknowledgement,
                              connection.client(), own, stage.iut().timers.answer);
        connection.release();
        co_await connection.peer().expect_silence("EP-31", "to a question right behind its answer",
                                                  kAnswerPause / 2);
    }
    co_await connection.exchange();
}

/// EP-31: an idle owner says every 10 min that it is there; every 20 s once the client has closed.
Task<> idle_owner_speaks(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    const IdentifiedCopy own{connection.id(), connection.copy()};
    for (int i = 0; i < 2; ++i) {
        const Time since = stage.wire().now();
        const ReceivedEncapsulation again =
            co_await expect_about(stage, connection.peer(), EncapsulationType::Acknowledgement,
                                  connection.client(), own, kOwnerIdle + kTimerTolerance);
        stage.check_that(again.at - since >= kOwnerIdle - kTimerTolerance, "EP-31",
                         "0x03 after 10 min without a packet",
                         fmt::format("after {} ms", milliseconds_of(again.at - since)),
                         again.frame);
        connection.release();  // EP-16: an ext home answers 0x14
    }
    co_await connection.exchange();
}

/// What closes may be out of the owner's window: its home cannot tell, and lives shortly from then.
Task<> closing_owner_speaks(Stage& stage) {
    MovedIn finished(stage);
    co_await finished.move();
    MovedIn guessed(stage);
    co_await guessed.move();
    // The client closes and hears nothing more: the owner waits for the acknowledgment of its FIN.
    finished.forward(finished.client().make(tcp_flag::kFin | tcp_flag::kAck));
    TcpSegment reset = guessed.client().make(tcp_flag::kRst);
    reset.sequence += 1U << 30;
    guessed.peer().send_frame(guessed.forwarded_frame(reset));
    for (int i = 0; i < 2; ++i) {
        const Time since = stage.wire().now();
        for (MovedIn* connection : {&finished, &guessed}) {
            const IdentifiedCopy own{connection->id(), connection->copy()};
            const Duration left = since + kOwnerClosing + kTimerTolerance - stage.wire().now();
            co_await expect_about(stage, connection->peer(), EncapsulationType::Acknowledgement,
                                  connection->client(), own, left);
            connection->release();
        }
    }
    co_await guessed.exchange();
}

/// EP-32: a SYN on a moved tuple is the owner's to judge.
Task<> syn_forwarded(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    Client& again = stage.open_successor(client);
    const TcpSegment syn = again.make_syn();
    again.send(syn);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-32", encode_tcp_packet(syn));
    co_await again.expect_silence("EP-32", "from the home of a moved tuple", timers.silence / 4);
    TcpSegment with_text = syn;
    with_text.payload = http_request(stage.iut().requests.local);
    again.send(with_text);
    co_await endpoint::expect_forwarded(stage, client, peer, "EP-32", encode_tcp_packet(with_text));

    // Returned while the record is there it is dropped, and the record stays.
    peer.send(EncapsulationType::Forwarded, encode_tcp_packet(syn));
    co_await again.expect_silence("EP-32", "for a returned SYN with a record", timers.silence / 4);
    co_await peer.expect_silence("EP-27", "for what it has returned", Duration::zero());
    co_await endpoint::expect_still_forwarded(stage, client, peer, "EP-32");

    if (stage.has_extensions()) {
        // The owner lets go, then returns it: it is a fresh one.
        peer.send(EncapsulationType::Release, releasing(departed.identified()));
        peer.send(EncapsulationType::Forwarded, encode_tcp_packet(syn));
        const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
        co_await again.expect("EP-32", syn_ack, timers.answer);
    }
}

/// EP-32: a SYN that comes back when the record is gone opens a connection, if who sends it was the
/// owner (SEC-12).
Task<> syn_behind_its_record(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    const Departed departed = co_await endpoint::move_away(stage, client, peer);
    peer.send(EncapsulationType::Release, releasing(departed.identified()));
    co_await stage.sleep(kTwoMsl + kTimerTolerance);
    Client& again = stage.open_successor(client);
    peer.send(EncapsulationType::Forwarded, encode_tcp_packet(again.make_syn()));
    const SegmentPattern syn_ack{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    co_await again.expect("EP-32", syn_ack, stage.iut().timers.answer);
}

/// EP-32 at the target: a SYN that may open a new connection ends the endpoint, and goes back.
Task<> syn_returned(Stage& stage) {
    const TestTimers& timers = stage.iut().timers;
    MovedIn connection(stage);
    co_await connection.move();
    Client& client = connection.client();
    // The device closes first, so that it ends in TIME-WAIT: RFC 9293 3.10.7.4, RFC 6191.
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n",
                    stage.iut().requests.local);
    connection.forward(client.make(tcp_flag::kPsh | tcp_flag::kAck, to_bytes(request)));
    bool is_closed = false;
    while (const auto received = co_await client.receive(timers.answer)) {
        client.accept(received->segment);
        is_closed = is_closed || received->segment.has(tcp_flag::kFin);
    }
    if (!is_closed) throw Violation({"EP-32", "a FIN after Connection: close", "none"});
    connection.forward(client.make(tcp_flag::kFin | tcp_flag::kAck));
    co_await client.receive(timers.answer);  // the acknowledgment

    TcpSegment syn = client.make_syn();
    syn.sequence = client.next_sequence() + 100'000;
    connection.peer().send_frame(connection.forwarded_frame(syn));
    if (stage.has_extensions()) co_await expect_release(stage, connection);
    const ReceivedEncapsulation returned = co_await connection.peer().expect(
        "EP-32", endpoint::about(EncapsulationType::Forwarded, client), timers.answer);
    stage.check_that(returned.header().payload == encode_tcp_packet(syn), "EP-32",
                     "the SYN as it came", describe(returned.content), returned.frame);
    co_await client.expect_silence("EP-32", "for a SYN that is returned", timers.silence / 4);
}

/// EP-20, SYS-1: who owns a connection of another home's service is no home of it: what clients
/// send for that address is not for this server.
Task<> syn_at_a_stranger_ignored(Stage& stage) {
    MovedIn connection(stage);
    co_await connection.move();
    Client& client = connection.client();
    Client& other = stage.open_client_of_peer();
    TcpSegment with_text = client.make_syn();
    with_text.payload = http_request(stage.iut().requests.local);
    for (const TcpSegment& segment : {client.make_syn(), with_text, other.make_syn()}) {
        stage.wire().send(Link::Front,
                          encode_ethernet(stage.iut().device.front_mac, stage.iut().client_mac,
                                          ether_type::kIpv4, encode_tcp_packet(segment)));
        co_await client.expect_silence("EP-20", "for a SYN that is for another server",
                                       stage.iut().timers.silence / 4);
        co_await other.expect_silence("EP-20", "for a SYN that is for another server",
                                      Duration::zero());
        co_await connection.peer().expect_silence("EP-20", "for a SYN that is for another server",
                                                  Duration::zero());
    }
    co_await connection.exchange();
}

CaseInfo end_case(std::string_view id, std::string_view claim,
                  std::vector<std::string_view> requirements, std::string_view role,
                  Task<> (*run)(Stage& stage), std::string_view needs = {}) {
    return {id, claim, std::move(requirements), "endpoint", role, run, needs};
}

}  // namespace

std::vector<CaseInfo> endpoint_ends_cases() {
    return {
        end_case("endpoint/ends/owner-tells-its-home",
                 "An endpoint that has closed or was reset is gone, and ext its home gets 0x11.",
                 {"EP-30", "EP-23"}, "target", owner_tells_its_home),
        end_case("endpoint/ends/release-ends-forwarding",
                 "0x11 with ID and copy ends the record: late packets are swallowed, a SYN opens; "
                 "with others it changes nothing.",
                 {"EP-31", "EP-14"}, "home", release_ends_forwarding, "ext"),
        end_case("endpoint/ends/swallowing-ends", "After 2MSL the tuple of an 0x11 is nobody's.",
                 {"EP-31", "EP-20"}, "home", swallowing_ends, "ext"),
        end_case("endpoint/ends/closing-record-expires",
                 "60 s after the client's FIN an idle record is gone, SYNs or not, but only if its "
                 "checksum was right.",
                 {"EP-31", "EP-32"}, "home", closing_record_expires),
        end_case("endpoint/ends/asks-before-it-forgets",
                 "A home asks the owner before an idle record goes, and keeps it if there is an "
                 "answer.",
                 {"EP-31", "EP-16"}, "home", asks_before_it_forgets, "ext"),
        end_case("endpoint/ends/owner-answers-its-home",
                 "An owner that is asked by 0x14 answers 0x03, but not twice within a second.",
                 {"EP-31"}, "target", owner_answers_its_home, "ext"),
        end_case("endpoint/ends/idle-owner-speaks", "An idle owner sends 0x03 every 10 min.",
                 {"EP-31"}, "target", idle_owner_speaks),
        end_case("endpoint/ends/closing-owner-speaks",
                 "An owner whose client has closed, be it out of window, sends 0x03 every 20 s.",
                 {"EP-31"}, "target", closing_owner_speaks),
        end_case("endpoint/ends/syn-forwarded",
                 "A SYN on a moved tuple is forwarded; returned with a record it is dropped, "
                 "without one it is fresh.",
                 {"EP-32", "EP-27"}, "home", syn_forwarded),
        end_case("endpoint/ends/syn-behind-its-record",
                 "A SYN that a former owner returns opens a connection where the record is gone.",
                 {"EP-32", "SEC-12"}, "home", syn_behind_its_record, "ext"),
        end_case("endpoint/ends/syn-returned",
                 "A SYN that may follow a connection in TIME-WAIT ends the endpoint and goes back "
                 "to the home.",
                 {"EP-32"}, "target", syn_returned),
        end_case("endpoint/ends/syn-at-a-stranger-ignored",
                 "A SYN for another home's service, of a connection that is here too, makes "
                 "nothing.",
                 {"EP-20", "EP-32"}, "target", syn_at_a_stranger_ignored)};
}

}  // namespace conform
