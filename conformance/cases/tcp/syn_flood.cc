// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-8 (RFC 4987): more handshakes than a device remembers.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/flights.hh"
#include "cases/tcp/origin.hh"
#include "pdu/build.hh"

namespace conform {
namespace {

/// More than the backlog of a device that is set up for tests.
constexpr std::size_t kFlood = 300;
constexpr std::uint16_t kFirstPort = 2'000;

/// SYNs from ports that nobody else has, and nothing else: ended by resets when this goes.
class Flood {
  public:
    Flood(Stage& stage, const Client& pattern) : stage_(stage) {
        for (std::size_t i = 0; i < kFlood; ++i) {
            TcpSegment syn;
            syn.source = {pattern.self().address, static_cast<std::uint16_t>(kFirstPort + i)};
            syn.destination = pattern.service();
            syn.sequence = stage.random().next_u32();
            syn.flags = tcp_flag::kSyn;
            syn.window = 1'000;
            syn.mss = 1'400;
            syns_.push_back(syn);
            tcp::send_packet(stage, encode_tcp_packet(syn));
        }
    }
    void end() {
        for (TcpSegment& syn : syns_) {
            syn.flags = tcp_flag::kRst;
            ++syn.sequence;
            syn.mss.reset();
            tcp::send_packet(stage_, encode_tcp_packet(syn));
        }
    }

  private:
    Stage& stage_;
    std::vector<TcpSegment> syns_;
};

Task<> others_served(Stage& stage) {
    co_await tcp::expect_service(stage, "TCP-8");
    Client& client = stage.open_client();
    Client& second = stage.open_client();
    Flood flood(stage, client);
    co_await client.connect("TCP-8");
    co_await tcp::exchange(stage, client, "TCP-8");
    co_await second.connect("TCP-8");
    co_await tcp::exchange(stage, second, "TCP-8");
    flood.end();
    co_await tcp::expect_service(stage, "TCP-8");
    co_await stage.expect_alive("after the case");
}

/// What was offered holds, wherever the device has kept it: an MSS, and a window that its scale
/// makes large.
Task<> offers_kept(Stage& stage) {
    constexpr std::uint16_t kMss = 600;
    constexpr std::uint32_t kHeaders = 40;
    co_await tcp::expect_service(stage, "TCP-8");
    ClientOffer offer;
    offer.mss = kMss;
    offer.window_scale = 5;
    Client& client = stage.open_client(offer);
    client.set_window_field(125);
    Flood flood(stage, client);
    const ReceivedSegment answer = co_await client.connect("TCP-8");
    const TcpSegment& segment = answer.segment;
    stage.check_that(segment.window_scale && segment.is_sack_permitted && segment.timestamps,
                     "TCP-8", "window scale, SACK permitted and timestamps, as offered", "not all",
                     answer.frame);
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-8");
    for (const ReceivedSegment& each : flight) {
        const std::size_t size = stage.wire().capture()[each.frame].frame.ipv4->bytes.size();
        stage.check_that(size <= kMss + kHeaders, "TCP-8",
                         fmt::format("packets of {} bytes at most", kMss + kHeaders),
                         fmt::format("{}", size), each.frame);
    }
    stage.check_that(
        tcp::size_of(flight) > client.window_field(), "TCP-8",
        fmt::format("more than {} bytes, for the window is scaled", client.window_field()),
        fmt::format("{}", tcp::size_of(flight)), flight.back().frame);
    flood.end();
    co_await tcp::abandon(stage, client);
}

}  // namespace

std::vector<CaseInfo> tcp_syn_flood_cases() {
    tcp::CaseList list;
    list.add("tcp/syn-flood/others-served",
             "While 300 handshakes are never completed, those of others are, and are served.",
             {"TCP-8"}, others_served);
    list.add("tcp/syn-flood/offers-kept",
             "Among 300 handshakes that are never completed, MSS and window scale are kept.",
             {"TCP-8"}, offers_kept);
    return list.take();
}

}  // namespace conform
