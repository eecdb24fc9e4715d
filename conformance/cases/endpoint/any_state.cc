// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-15: an endpoint moves in whatever synchronized state it is. The device as home
/// hands it over, and goes on where that is refused; as target it goes on with it.
#include <fmt/format.h>

#include <algorithm>

#include "cases/endpoint/moved_queues.hh"
#include "cases/named_content.hh"
#include "cases/registry.hh"
#include "pdu/http_message.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using endpoint::Image;
using endpoint::InUse;
using endpoint::Offer;

constexpr std::uint16_t kFull = 2;       // a reason of 0x10
constexpr std::uint16_t kCloseWait = 5;  // of t_state
constexpr std::uint16_t kLastAck = 8;

/// The operator moves it: its 0x01.
Task<Offer> migrate(Stage& stage, Client& client, Peer& peer) {
    co_await stage.upper_tester().migrate("TCP-15", client, peer.self().name);
    co_return endpoint::take_offer(
        co_await peer.expect("TCP-15", endpoint::about(EncapsulationType::Connection, client),
                             stage.iut().timers.answer));
}

/// Nothing comes behind the acknowledgment of the device's FIN but what has crossed it: a device
/// that has heard it for as long as the tolerance repeats nothing any more.
Task<> expect_end(Stage& stage, Client& client) {
    const Time heard = stage.wire().now() + stage.iut().timers.tolerance;
    while (stage.wire().now() < heard) {
        const std::optional<ReceivedSegment> received =
            co_await client.receive(heard - stage.wire().now());
        if (!received) break;
        if (endpoint::has_crossed(client, received->segment)) continue;
        throw Violation({"TCP-15", "nothing for the client behind the end of the connection",
                         describe(client.to_relative(received->segment)), received->frame});
    }
    co_await client.expect_silence("TCP-15", "behind the end of the connection",
                                   stage.iut().timers.silence);
}

/// What comes up to the FIN of the device, behind `head`; nothing comes behind its acknowledgment.
Task<Bytes> take_to_the_end(Stage& stage, Client& client, Bytes head) {
    Bytes text = std::move(head);
    for (bool is_closed = false; !is_closed;) {
        const std::optional<ReceivedSegment> received =
            co_await client.receive(stage.iut().timers.answer);
        if (!received || received->segment.has(tcp_flag::kRst)) {
            throw Violation({"TCP-15", "a response and a FIN behind it",
                             received ? "RST" : fmt::format("{} bytes of one", text.size())});
        }
        TcpSegment segment = received->segment;
        const std::int32_t old = sequence_distance(segment.sequence, client.acknowledged());
        if (old < 0 || static_cast<std::uint32_t>(old) >= segment.length()) continue;
        // A repetition is cut to what is new.
        segment.sequence = client.acknowledged();
        segment.payload.erase(segment.payload.begin(), segment.payload.begin() + old);
        append(text, segment.payload);
        client.accept(segment);
        is_closed = segment.has(tcp_flag::kFin);
        client.send(tcp_flag::kAck);
    }
    co_await expect_end(stage, client);
    co_return std::move(text);
}

/// What a 0x10 gives back goes on (EP-44).
void refuse(Client& client, Peer& peer, const Offer& offer, const Bytes& flight) {
    peer.send(EncapsulationType::Reject, encode(Rejection{offer.id(), kFull}));
    client.accept_payload(flight);
    client.send(tcp_flag::kAck);
}

/// The client has closed its side behind the request; the response is on its way.
Task<> half_closed_moves(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    client.send(tcp_flag::kPsh | tcp_flag::kFin | tcp_flag::kAck, large_request(stage, client));
    const Bytes flight = co_await endpoint::take_flight(stage, client);
    const Offer offer = co_await migrate(stage, client, peer);
    const Image image = co_await endpoint::take_image(stage, peer, offer);
    const ControlBlock& block = image.information.block;
    const std::size_t frame = offer.frame.frame;
    stage.check_that(block.t_state == kCloseWait || block.t_state == kLastAck, "TCP-15",
                     "t_state 5 or 8, for the client has closed", fmt::format("{}", block.t_state),
                     frame);
    stage.check("TCP-15", "rcv_nxt, relative to irs and behind the FIN,",
                client.next_sequence() - client.initial_sequence(), block.rcv_nxt - block.irs,
                frame);
    refuse(client, peer, offer, flight);
    const Bytes response = co_await take_to_the_end(stage, client, flight);
    const auto parsed = parse_http_response(response);
    const std::size_t size = parsed ? parsed->head_size + parsed->content_length.value_or(0) : 0;
    stage.check("TCP-15", "bytes of the response", size, response.size(), frame);
    co_await stage.expect_alive("after the case");
}

/// A response waits in front of a window that is closed.
Task<> closed_window_moves(Stage& stage) {
    Client& client = stage.open_client();
    Peer& peer = stage.open_peer(client);
    co_await client.connect("EP-2");
    const std::uint16_t open = client.window_field();
    client.set_window_field(0);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, large_request(stage, client));
    co_await client.receive(stage.iut().timers.answer);  // its acknowledgment
    const Offer offer = co_await migrate(stage, client, peer);
    const Image image = co_await endpoint::take_image(stage, peer, offer);
    const ControlBlock& block = image.information.block;
    const std::size_t frame = offer.frame.frame;
    stage.check("TCP-15", "snd_wnd", 0, block.snd_wnd, frame);
    stage.check_that(block.snd_queue > 0 && block.t_timer_persist > 0, "TCP-15",
                     "bytes in the send queue, and t_timer[1] running",
                     fmt::format("{} bytes, {}", block.snd_queue, block.t_timer_persist), frame);
    client.set_window_field(open);
    refuse(client, peer, offer, {});
    co_await endpoint::take_response(stage, client, "TCP-15");
    co_await stage.expect_alive("after the case");
}

Bytes short_response() {
    constexpr std::size_t kSize = 4'000;
    Bytes text = to_bytes(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kSize));
    for (std::size_t i = 0; i < kSize; ++i)
        text.push_back(static_cast<std::uint8_t>('a' + i % 23));
    return text;
}

/// What a home whose client has closed hands over.
void close_client_side(InUse& in_use, std::uint16_t state) {
    ControlBlock& block = in_use.block();
    block.t_state = state;
    ++block.rcv_nxt;
    ++block.rcv_adv;
    block.rcv_up = block.last_ack_sent = block.rcv_nxt;
    in_use.client().skip_sent(1);
}

/// It moves in and is released; from now on the peer forwards what its client sends.
Task<> move_in(InUse& in_use) {
    Peer& peer = in_use.peer();
    endpoint::send_connection(peer, in_use.image());
    endpoint::send_queues(peer, in_use.image());
    co_await in_use.connection.expect_acknowledgement("TCP-15");
    in_use.connection.release();
    in_use.client().carry_by(
        [&peer](const Bytes& packet) { return peer.send(EncapsulationType::Forwarded, packet); });
}

/// The client's window is as large as the response.
void open_window(Client& client) {
    client.set_window_field(512);
    client.send(tcp_flag::kAck);
}

/// In CLOSE-WAIT the application here closes, in LAST-ACK that of the home has.
Task<> half_closed_goes_on(Stage& stage) {
    for (const std::uint16_t state : {kCloseWait, kLastAck}) {
        InUse in_use(stage);
        const Bytes response = short_response();
        in_use.put_unsent(response);
        close_client_side(in_use, state);
        co_await move_in(in_use);
        open_window(in_use.client());
        const Bytes got = co_await take_to_the_end(stage, in_use.client(), {});
        stage.check_that(got == response, "TCP-15", "the bytes of queue 1 to the client",
                         to_hex(got, 16), stage.wire().capture().size() - 1);
    }
    co_await stage.expect_alive("after the case");
}

/// With a closed window it is asked for, and used when it opens.
Task<> closed_window_goes_on(Stage& stage) {
    constexpr std::chrono::milliseconds kProbe{4'000};
    InUse in_use(stage);
    const Bytes response = short_response();
    in_use.put_unsent(response);
    in_use.block().snd_wnd = 0;
    co_await move_in(in_use);
    const std::optional<ReceivedSegment> probe = co_await in_use.client().receive(kProbe);
    if (!probe || probe->segment.payload.size() > 1) {
        throw Violation(
            {"TCP-15", "a probe of the closed window, one byte at most",
             probe ? describe(in_use.client().to_relative(probe->segment)) : "nothing"});
    }
    open_window(in_use.client());
    const Bytes got = co_await endpoint::take_response(stage, in_use.client(), "TCP-15");
    stage.check_that(got == response, "TCP-15", "the bytes of queue 1 to the client",
                     to_hex(got, 16), stage.wire().capture().size() - 1);
    co_await stage.expect_alive("after the case");
}

CaseInfo state_case(std::string_view id, std::string_view claim, std::string_view role,
                    Task<> (*run)(Stage& stage)) {
    return {id, claim, {"TCP-15", "EP-41"}, "endpoint", role, run, "ext"};
}

}  // namespace

std::vector<CaseInfo> endpoint_any_state_cases() {
    return {
        state_case("endpoint/any-state/half-closed-moves",
                   "An endpoint whose client has closed moves, and refused it goes on to its "
                   "FIN.",
                   "home", half_closed_moves),
        state_case("endpoint/any-state/closed-window-moves",
                   "An endpoint in front of a closed window moves, and refused it goes on.", "home",
                   closed_window_moves),
        state_case("endpoint/any-state/half-closed-goes-on",
                   "What moves in after its client has closed is sent to the end, FIN included.",
                   "target", half_closed_goes_on),
        state_case("endpoint/any-state/closed-window-goes-on",
                   "What moves in with a closed window probes it, and uses it when it opens.",
                   "target", closed_window_goes_on)};
}

}  // namespace conform
