// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-11, TCP-12: the end of a connection, and one that nobody uses.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"

namespace conform {
namespace {

using tcp::Origin;

constexpr std::uint8_t kFin = tcp_flag::kFin | tcp_flag::kAck;

/// What the device says at the end of a connection that the client has closed.
struct Ending {
    bool has_fin = false;          ///< of the device
    bool is_acknowledged = false;  ///< the client's FIN is
};

/// Takes what comes until both ends are closed; the device's FIN is taken and not acknowledged,
/// if it `has_fin` not come before.
Task<Ending> take_ending(Stage& stage, Client& client, bool has_fin) {
    Ending ending{has_fin};
    const Time deadline = stage.wire().now() + 2 * stage.iut().timers.answer;
    while (!ending.has_fin || !ending.is_acknowledged) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) co_return ending;
        const TcpSegment& segment = received->segment;
        if (segment.has(tcp_flag::kRst)) {
            throw Violation(
                {"TCP-11", "a connection that is closed in order", "RST", received->frame});
        }
        if (segment.acknowledgment == client.next_sequence()) ending.is_acknowledged = true;
        client.accept(segment);
        if (segment.has(tcp_flag::kFin)) {
            ending.has_fin = true;
        } else if (!segment.payload.empty()) {
            client.send(tcp_flag::kAck);
        }
    }
    co_return ending;
}

void require_whole(const Ending& ending) {
    if (!ending.is_acknowledged) {
        throw Violation({"TCP-11", "an acknowledgment of the client's FIN", "none"});
    }
    if (!ending.has_fin) throw Violation({"TCP-11", "a FIN of the device", "none"});
}

Task<> closed_by_both(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-11");
    const bool has_fin = co_await tcp::exchange(stage, client, "TCP-11");
    client.send(kFin);
    const Ending ending = co_await take_ending(stage, client, has_fin);
    require_whole(ending);
    client.send(tcp_flag::kAck);
    co_await client.expect_silence("TCP-11", "behind the end of the connection",
                                   stage.iut().timers.silence);
    co_await tcp::expect_service(stage, "TCP-11");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.6: who has sent FIN can still receive.
Task<> half_closed_answered(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-11");
    client.send(tcp_flag::kPsh | kFin, tcp::local_request(stage));
    co_await tcp::expect_response(stage, client, "TCP-11");
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.10.7.4, eighth: a FIN behind a gap waits for what is before it.
Task<> fin_out_of_order(Stage& stage, Origin origin) {
    constexpr std::ptrdiff_t kFirst = 20;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-11");
    const Bytes request = tcp::local_request(stage);
    client.send(tcp_flag::kAck, Bytes(request.begin(), request.begin() + kFirst));
    co_await tcp::expect_acknowledgment(stage, client, "TCP-11", client.next_sequence());
    const TcpSegment rest = client.make(tcp_flag::kPsh | tcp_flag::kAck,
                                        Bytes(request.begin() + kFirst, request.end()));
    client.skip_sent(rest.payload.size());
    client.send(kFin);
    co_await tcp::expect_acknowledgment(stage, client, "TCP-11", rest.sequence);
    client.send(rest);
    const Ending ending = co_await take_ending(stage, client, false);
    require_whole(ending);
    client.send(tcp_flag::kAck);
    co_await stage.expect_alive("after the case");
}

/// A FIN is text as far as repeating goes.
Task<> fin_retransmitted(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kPatience{4'000};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-11");
    client.send(tcp_flag::kPsh | kFin, tcp::local_request(stage));
    const Ending ending = co_await take_ending(stage, client, false);
    require_whole(ending);
    const std::optional<ReceivedSegment> again = co_await client.receive(kPatience);
    if (!again || !again->segment.has(tcp_flag::kFin)) {
        throw Violation({"TCP-11", "its FIN again, as nobody has acknowledged it",
                         again ? describe(client.to_relative(again->segment)) : "nothing"});
    }
    client.send(tcp_flag::kAck);
    co_await client.expect_silence("TCP-11", "behind the end of the connection",
                                   stage.iut().timers.silence);
    co_await stage.expect_alive("after the case");
}

/// A response behind which the device closes; its FIN is left unacknowledged.
Task<> let_device_close(Stage& stage, Client& client) {
    const std::string request =
        fmt::format("GET {} HTTP/1.1\r\nHost: conformance\r\nConnection: close\r\n\r\n",
                    stage.iut().requests.local);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, to_bytes(request));
    const Time deadline = stage.wire().now() + 2 * stage.iut().timers.answer;
    for (bool is_closed = false; !is_closed;) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received) {
            throw NotRunnable("needs a service that closes behind `Connection: close`");
        }
        TcpSegment text = received->segment;
        is_closed = text.has(tcp_flag::kFin);
        text.flags &= static_cast<std::uint8_t>(~tcp_flag::kFin);
        client.accept(text);
        if (!text.payload.empty()) client.send(tcp_flag::kAck);
    }
}

/// An acknowledgment of the client's FIN, repetitions of the device's own apart.
Task<> expect_fin_acknowledged(Stage& stage, Client& client, const char* what) {
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    for (;;) {
        const Duration left = std::max(deadline - stage.wire().now(), Duration::zero());
        const std::optional<ReceivedSegment> received = co_await client.receive(left);
        if (!received || received->segment.has(tcp_flag::kRst)) {
            throw Violation({"TCP-11", what, received ? "RST" : "nothing"});
        }
        if (received->segment.acknowledgment == client.next_sequence()) co_return;
    }
}

/// RFC 9293 3.6, case 3: both FINs cross. CLOSING is over when the device's is acknowledged.
Task<> simultaneous_close(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-11");
    co_await let_device_close(stage, client);
    client.send(kFin);  // of somebody who has not seen the device's
    co_await expect_fin_acknowledged(stage, client, "an acknowledgment of a FIN that crossed");
    client.accept_payload(Bytes(1));  // the FIN's number
    client.send(tcp_flag::kAck);
    co_await tcp::collect(client, stage.iut().timers.silence / 20, stage.iut().timers.silence / 10);
    co_await client.expect_silence("TCP-11", "behind the end of the connection",
                                   stage.iut().timers.silence);
    co_await tcp::expect_service(stage, "TCP-11");
    co_await stage.expect_alive("after the case");
}

/// The device waits in TIME-WAIT.
Task<> close_after_device(Stage& stage, Client& client) {
    co_await let_device_close(stage, client);
    client.accept_payload(Bytes(1));
    client.send(kFin);
    co_await expect_fin_acknowledged(stage, client, "an acknowledgment of the client's FIN");
}

/// RFC 9293 3.10.7.4: in TIME-WAIT a FIN that comes again is acknowledged again.
Task<> time_wait_acknowledges(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-11");
    co_await close_after_device(stage, client);
    TcpSegment again = client.make(kFin);
    --again.sequence;
    client.carry(again);
    co_await expect_fin_acknowledged(stage, client, "an acknowledgment of a FIN that comes again");
    co_await tcp::expect_service(stage, "TCP-11");
    co_await stage.expect_alive("after the case");
}

/// RFC 6191 2: a new SYN with a later timestamp and a higher number begins a new connection.
Task<> time_wait_reopened(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    co_await client.connect("TCP-11");
    co_await close_after_device(stage, client);
    co_await stage.sleep(std::chrono::milliseconds(10));
    ClientOffer offer;
    offer.initial_sequence = client.next_sequence() + 100'000;
    offer.timestamp = client.timestamp_now() + 1;
    Client& successor = stage.open_successor(client, offer);
    co_await successor.connect("TCP-11");
    co_await tcp::exchange(stage, successor, "TCP-11");
    co_await stage.expect_alive("after the case");
}

/// Whatever the client leaves unsaid at the end, its tuple is free again some time: what waits is
/// an endpoint less (FIN-WAIT-1, FIN-WAIT-2, CLOSING, LAST-ACK).
Task<> abandoned_forgotten(Stage& stage) {
    // Longer than fifteen repetitions of a FIN take (Linux's tcp_retries2); no page has a figure.
    constexpr std::chrono::minutes kLongest{20};
    co_await stage.expect_alive("before the case");
    std::vector<Client*> clients;
    clients.reserve(4);
    while (clients.size() < 4) {
        clients.push_back(&stage.open_client());
        co_await clients.back()->connect("TCP-11");
    }
    co_await let_device_close(stage, *clients[0]);
    co_await let_device_close(stage, *clients[1]);
    clients[1]->accept_payload(Bytes(1));  // the FIN's number
    clients[1]->send(tcp_flag::kAck);
    co_await let_device_close(stage, *clients[2]);
    clients[2]->send(kFin);
    clients[3]->send(tcp_flag::kPsh | kFin, tcp::local_request(stage));
    co_await stage.sleep(kLongest);
    for (Client* const each : clients) {
        Client& successor = stage.open_successor(*each);
        co_await successor.connect("TCP-11");
        co_await tcp::exchange(stage, successor, "TCP-11");
    }
    co_await stage.expect_alive("after the case");
}

/// RFC 9293 3.8.4, MUST-25: nobody is asked whether it is there.
Task<> idle_silent(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-12");
    co_await client.expect_silence("TCP-12", "on an idle connection",
                                   2 * stage.iut().timers.silence);
    co_await tcp::exchange(stage, client, "TCP-12");
    co_await stage.expect_alive("after the case");
}

}  // namespace

std::vector<CaseInfo> tcp_closing_cases() {
    tcp::CaseList list;
    list.add_both<closed_by_both>(
        "tcp/closing/closed-by-both",
        "A client's FIN is acknowledged and answered with one, and silence follows.", {"TCP-11"});
    list.add_both<half_closed_answered>("tcp/closing/half-closed-answered",
                                        "A request with FIN is answered like any other.",
                                        {"TCP-11"});
    list.add_both<fin_out_of_order>("tcp/closing/fin-out-of-order",
                                    "A FIN behind a gap is taken when the gap is filled.",
                                    {"TCP-9", "TCP-11"});
    list.add_both<fin_retransmitted>("tcp/closing/fin-retransmitted",
                                     "An unacknowledged FIN goes again.", {"TCP-3", "TCP-11"});
    list.add_both<simultaneous_close>("tcp/closing/simultaneous",
                                      "FINs that cross are both acknowledged, and silence follows.",
                                      {"TCP-11"});
    list.add_both<time_wait_acknowledges>(
        "tcp/closing/time-wait-acknowledges",
        "In TIME-WAIT a FIN that comes again is acknowledged again.", {"TCP-11"});
    list.add("tcp/closing/time-wait-reopened",
             "In TIME-WAIT a SYN with a later timestamp begins a new connection.", {"TCP-11"},
             time_wait_reopened);
    list.add("tcp/closing/abandoned-forgotten",
             "Ends that a client has left at any point are forgotten within twenty minutes.",
             {"TCP-11"}, abandoned_forgotten);
    list.add_both<idle_silent>("tcp/closing/idle-silent", "An idle connection is left alone.",
                               {"TCP-12"});
    return list.take();
}

}  // namespace conform
