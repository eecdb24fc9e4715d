// SPDX-License-Identifier: Apache-2.0
/// TCP page, TCP-2 to TCP-5, TCP-13: text that the device sends.
#include <fmt/format.h>

#include <algorithm>

#include "cases/tcp/flights.hh"
#include "cases/tcp/origin.hh"
#include "cases/tcp/steps.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

using tcp::Origin;

constexpr std::uint16_t kSmallMss = 536;
constexpr std::size_t kHeaders = 40;

/// RFC 9293 3.7.1: a segment's text and its options fit the MSS.
void check_sizes(Stage& stage, const std::vector<ReceivedSegment>& flight, std::uint16_t mss) {
    const std::size_t limit = mss + kHeaders;
    for (const ReceivedSegment& each : flight) {
        const std::size_t size = stage.wire().capture()[each.frame].frame.ipv4->bytes.size();
        stage.check_that(size <= limit, "TCP-2", fmt::format("packets of {} bytes at most", limit),
                         fmt::format("{}", size), each.frame);
    }
}

Task<> small_mss_kept(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    ClientOffer offer;
    offer.mss = 800;
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1", offer);
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-2");
    check_sizes(stage, flight, offer.mss);
    co_await tcp::abandon(stage, client);
}

/// RFC 9293 3.7.1, MUST-15: without the option it is 536.
Task<> default_mss_kept(Stage& stage) {
    co_await stage.expect_alive("before the case");
    Client& client = stage.open_client();
    TcpSegment syn = client.make_syn();
    syn.mss.reset();
    client.send(syn);
    const SegmentPattern answer{.flags = tcp_flag::kSyn | tcp_flag::kAck, .acknowledgment = 1};
    const ReceivedSegment syn_ack =
        co_await client.expect("TCP-1", answer, stage.iut().timers.answer);
    client.learn_handshake(syn_ack.segment);
    client.send(tcp_flag::kAck);
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-2");
    check_sizes(stage, flight, kSmallMss);
    co_await tcp::abandon(stage, client);
}

/// The client's window is 4,000 bytes, of which the field alone says 125.
Task<> scaled_window_used(Stage& stage, Origin origin) {
    constexpr std::uint8_t kScale = 5;
    constexpr std::uint16_t kField = 125;
    constexpr std::uint32_t kWindow = std::uint32_t{kField} << kScale;
    co_await stage.expect_alive("before the case");
    ClientOffer offer;
    offer.window_scale = kScale;
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1", offer, kField);
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-2");
    std::uint32_t reached = 0;
    for (const ReceivedSegment& each : flight) {
        reached = std::max(reached, tcp::end_of(each.segment) - client.acknowledged());
        stage.check_that(tcp::end_of(each.segment) - client.acknowledged() <= kWindow, "TCP-5",
                         fmt::format("{} bytes at most, the client's window", kWindow),
                         fmt::format("{}", tcp::end_of(each.segment) - client.acknowledged()),
                         each.frame);
    }
    stage.check_that(reached > kField, "TCP-2",
                     fmt::format("more than {} bytes, for the window is scaled", kField),
                     fmt::format("{}", reached), flight.back().frame);
    co_await tcp::abandon(stage, client);
}

/// RFC 6928 2: ten segments, and one more to find out whether the last was lost.
Task<> initial_window_kept(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const std::uint32_t limit = 11U * client.offer().mss;
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-4");
    for (const ReceivedSegment& each : flight) {
        const std::uint32_t sent = tcp::end_of(each.segment) - client.acknowledged();
        stage.check_that(sent <= limit, "TCP-4",
                         fmt::format("{} bytes at most before the first acknowledgment", limit),
                         fmt::format("{}", sent), each.frame);
    }
    stage.check_that(flight.size() > 1, "TCP-4", "more than one segment at first", "one",
                     flight.front().frame);
    co_await tcp::abandon(stage, client);
}

/// RFC 6298 5.4 to 5.6: what nobody acknowledges goes again, the same, at growing distances.
Task<> retransmitted_with_backoff(Stage& stage, Origin origin) {
    constexpr std::size_t kTimes = 3;
    // RFC 6298 5.7: a timer that began with 3 s is at 12 s by the third time.
    constexpr std::chrono::milliseconds kLongest{15'000};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    client.send(tcp_flag::kPsh | tcp_flag::kAck, tcp::local_request(stage));
    const ReceivedSegment first = co_await tcp::expect_text(stage, client, "TCP-3");
    std::vector<Time> times;
    while (times.size() < kTimes) {
        const std::optional<ReceivedSegment> again = co_await client.receive(kLongest);
        if (!again) {
            throw Violation({"TCP-3", "what nobody has acknowledged once more",
                             fmt::format("nothing within {} ms", milliseconds_of(kLongest))});
        }
        if (again->segment.sequence != first.segment.sequence) continue;
        const Bytes& text = again->segment.payload;
        const std::size_t common = std::min(text.size(), first.segment.payload.size());
        const bool is_same =
            std::equal(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(common),
                       first.segment.payload.begin());
        stage.check_that(is_same && common > 0, "TCP-3", "the same text again", "other text",
                         again->frame);
        times.push_back(again->at);
    }
    // The first one may be a probe for a lost tail (RFC 8985 7), behind which the timer starts.
    const Duration pause = times[1] - times[0];
    const Duration longer = times[2] - times[1];
    stage.check_that(
        2 * longer >= 3 * pause, "TCP-3",
        fmt::format("the next repetition {} ms or more later", milliseconds_of(3 * pause / 2)),
        fmt::format("{} ms", milliseconds_of(longer)), stage.wire().capture().size() - 1);
    co_await tcp::abandon(stage, client);
}

/// RFC 5681 3.2, RFC 6675: long before its time is over.
Task<> fast_retransmit(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kFast{100};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const tcp::Loss loss = co_await tcp::lose_the_first(stage, client);
    const std::uint32_t lost = loss.flight.front().segment.sequence;
    const Time told = stage.wire().now();
    const Duration patience = kFast + stage.iut().timers.tolerance;
    const std::vector<ReceivedSegment> next = co_await tcp::collect(client, patience, patience);
    const auto found = std::find_if(next.begin(), next.end(), [&](const ReceivedSegment& each) {
        return each.segment.sequence == lost && !each.segment.payload.empty();
    });
    if (found == next.end() || found->at - told > patience) {
        throw Violation({"TCP-4",
                         fmt::format("the lost segment within {} ms of SACK blocks that "
                                     "leave it out",
                                     milliseconds_of(patience)),
                         "nothing of it"});
    }
    co_await tcp::abandon(stage, client);
}

/// RFC 6675 5.1, RFC 2018 5: what SACK blocks have reported is not sent once more.
Task<> reported_not_repeated(Stage& stage, Origin origin) {
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const tcp::Loss loss = co_await tcp::lose_the_first(stage, client);
    const std::vector<ReceivedSegment> next =
        co_await tcp::collect(client, tcp::kFlightPause, tcp::kFlightLength);
    for (const ReceivedSegment& each : next) {
        const bool is_reported = !each.segment.payload.empty() &&
                                 !sequence_before(each.segment.sequence, loss.got.left) &&
                                 sequence_before(each.segment.sequence, loss.got.right);
        stage.check_that(!is_reported, "TCP-2", "nothing again that SACK has reported",
                         describe(client.to_relative(each.segment)), each.frame);
    }
    co_await tcp::abandon(stage, client);
}

/// RFC 9293 3.8.6.1, MUST-36: a closed window is asked for, and an open one used.
Task<> zero_window_probed(Stage& stage, Origin origin) {
    constexpr std::chrono::milliseconds kProbe{4'000};
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-5");
    const std::uint16_t open = client.window_field();
    // Behind text, so that the number is a new one too: Linux 6.1 takes a closed window from
    // no other segment, and what is judged here is what happens then.
    const Bytes request = tcp::local_request(stage);
    const auto half = request.begin() + static_cast<std::ptrdiff_t>(request.size() / 2);
    client.send(tcp_flag::kAck, Bytes(request.begin(), half));
    client.set_window_field(0);
    client.send(tcp_flag::kPsh | tcp_flag::kAck, Bytes(half, request.end()));
    const std::uint32_t start = client.acknowledged();
    for (int probes = 0; probes < 2;) {
        const std::optional<ReceivedSegment> received = co_await client.receive(kProbe);
        if (!received) {
            throw Violation({"TCP-5", "a probe of the closed window",
                             fmt::format("nothing within {} ms", milliseconds_of(kProbe))});
        }
        stage.check_that(received->segment.payload.size() <= 1, "TCP-5",
                         "one byte at most into a closed window",
                         fmt::format("{}", received->segment.payload.size()), received->frame);
        const bool is_acknowledgment =
            probes == 0 && received->segment.payload.empty() && received->segment.sequence == start;
        if (is_acknowledgment) continue;  // of the request
        ++probes;
        client.send(tcp_flag::kAck);
    }
    client.set_window_field(open);
    client.send(tcp_flag::kAck);
    co_await tcp::expect_response(stage, client, "TCP-5");
    co_await stage.expect_alive("after the case");
}

std::size_t longest_packet(Stage& stage, const std::vector<ReceivedSegment>& segments) {
    std::size_t longest = 0;
    for (const ReceivedSegment& each : segments) {
        const auto& packet = stage.wire().capture()[each.frame].frame.ipv4;
        longest = std::max(longest, packet->bytes.size());
    }
    return longest;
}

/// How long packets are behind an ICMP error that the next link takes `mtu` bytes, which quotes
/// `quoted`; nothing of `flight` is acknowledged yet.
Task<std::size_t> longest_behind_error(Stage& stage, Client& client,
                                       const std::vector<ReceivedSegment>& flight,
                                       const TcpSegment& quoted, std::uint16_t mtu) {
    constexpr std::uint8_t kFragmentationNeeded = 4;
    tcp::send_unreachable(client, quoted, kFragmentationNeeded, mtu);
    co_await tcp::collect(client, tcp::kFlightPause, tcp::kFlightLength);
    // Whatever is sent from now on is as long as the path takes.
    client.accept(flight.front().segment);
    client.send(tcp_flag::kAck);
    const std::vector<ReceivedSegment> next =
        co_await tcp::collect(client, std::chrono::milliseconds(700), tcp::kFlightLength);
    if (next.empty()) throw Violation({"TCP-13", "text behind the error", "nothing"});
    co_return longest_packet(stage, next);
}

/// RFC 1191: a link that takes less is believed.
Task<> fragmentation_needed_followed(Stage& stage, Origin origin) {
    constexpr std::uint16_t kMtu = 1'000;
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-13");
    const std::size_t longest =
        co_await longest_behind_error(stage, client, flight, flight.front().segment, kMtu);
    stage.check_that(longest <= kMtu, "TCP-13",
                     fmt::format("packets of {} bytes at most behind the error", kMtu),
                     fmt::format("{} bytes", longest), stage.wire().capture().size() - 1);
    co_await tcp::abandon(stage, client);
}

/// RFC 5927 7: and not if what is quoted was not in flight.
Task<> fragmentation_needed_forged(Stage& stage, Origin origin) {
    constexpr std::uint32_t kElsewhere = 1U << 30;
    constexpr std::uint16_t kMtu = 600;  // less than what a host remembers of an earlier case
    co_await stage.expect_alive("before the case");
    Client& client = *co_await tcp::establish(stage, origin, "TCP-1");
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-13");
    const std::size_t before = longest_packet(stage, flight);
    TcpSegment forged = flight.front().segment;
    forged.sequence -= kElsewhere;
    const std::size_t longest = co_await longest_behind_error(stage, client, flight, forged, kMtu);
    stage.check_that(before <= kMtu || longest > kMtu, "TCP-13",
                     "packets as long as before, for nothing quoted was in flight",
                     fmt::format("{} bytes", longest), stage.wire().capture().size() - 1);
    co_await tcp::abandon(stage, client);
}

/// A path that claims to take next to nothing (RFC 1191 3 allows 68 bytes): the page has a floor of
/// 552, so that nobody makes a connection crawl.
Task<> path_mtu_floor(Stage& stage) {
    constexpr std::uint16_t kClaimed = 68;
    constexpr std::size_t kFloor = 552;
    constexpr std::size_t kLeast = 200;  // a device may send less than a path takes
    co_await stage.expect_alive("before the case");
    // What it learns of the way to this address is of no other case.
    Client& client = stage.open_client_at(stage.iut().clients.back());
    co_await client.connect("TCP-13");
    const std::vector<ReceivedSegment> flight = co_await tcp::first_flight(stage, client, "TCP-13");
    const std::size_t longest =
        co_await longest_behind_error(stage, client, flight, flight.front().segment, kClaimed);
    stage.check_that(longest >= kLeast && longest <= kFloor, "TCP-13",
                     fmt::format("packets of {} to {} bytes behind an error that says {}", kLeast,
                                 kFloor, kClaimed),
                     fmt::format("{} bytes", longest), stage.wire().capture().size() - 1);
    co_await tcp::abandon(stage, client);
}

}  // namespace

std::vector<CaseInfo> tcp_sending_cases() {
    tcp::CaseList list;
    list.add_both<small_mss_kept>("tcp/sending/small-mss-kept",
                                  "No segment is longer than the client's MSS says.", {"TCP-2"});
    list.add("tcp/sending/default-mss-kept",
             "Where the SYN has no MSS, no segment is longer than 536 bytes say.",
             {"TCP-1", "TCP-2"}, default_mss_kept);
    list.add_both<scaled_window_used>(
        "tcp/sending/scaled-window-used",
        "The client's window is what the scale makes of the field, and not exceeded.",
        {"TCP-2", "TCP-5"});
    list.add_both<initial_window_kept>(
        "tcp/sending/initial-window-kept",
        "Before the first acknowledgment no more than the initial window is sent.", {"TCP-4"});
    list.add_both<retransmitted_with_backoff>(
        "tcp/sending/retransmitted-with-backoff",
        "Unacknowledged text goes again, the same, at growing distances.", {"TCP-3"});
    list.add_both<fast_retransmit>("tcp/sending/fast-retransmit",
                                   "A lost segment goes again soon where SACK blocks leave it out.",
                                   {"TCP-2", "TCP-4"});
    list.add_both<reported_not_repeated>("tcp/sending/reported-not-repeated",
                                         "Text that SACK blocks have reported is not sent again.",
                                         {"TCP-2"});
    list.add_both<zero_window_probed>(
        "tcp/sending/zero-window-probed",
        "A closed window is probed with one byte at most, and used when it opens.", {"TCP-5"});
    list.add_both<fragmentation_needed_followed>(
        "tcp/sending/fragmentation-needed-followed",
        "ICMP fragmentation needed about text in flight makes segments shorter.", {"TCP-13"});
    list.add_both<fragmentation_needed_forged>(
        "tcp/sending/fragmentation-needed-forged",
        "ICMP fragmentation needed about a number not in flight changes nothing.", {"TCP-13"});
    list.add_for_members("tcp/sending/path-mtu-floor",
                         "No ICMP error makes packets shorter than 552 bytes.", {"TCP-13"},
                         path_mtu_floor);
    return list.take();
}

}  // namespace conform
