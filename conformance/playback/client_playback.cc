// SPDX-License-Identifier: Apache-2.0
#include "playback/client_playback.hh"

#include <algorithm>

#include "pdu/build.hh"
#include "pdu/sequence.hh"
#include "playback/http_requests.hh"
#include "playback/reply_comparison.hh"
#include "playback/rewriting.hh"

namespace conform {
namespace {

/// For more of the device's text to come by itself, before what has come is acknowledged.
constexpr std::chrono::milliseconds kPatience{40};
/// RFC 9293 3.7.1: where no MSS is said.
constexpr std::uint16_t kDefaultMss = 536;
constexpr std::size_t kIpv4AndTcp = 40;

std::vector<std::string> methods_of(const Exchange& exchange) {
    // Its text in order, as a server's is: its SYN is the first that says where that begins.
    ServerSide client(0);
    for (const ExchangePacket& packet : exchange.packets) {
        if (packet.is_of_client) client.hear(packet.segment, packet.packet);
    }
    return request_methods(client.text());
}

ServerSide whole_server_side(const Exchange& exchange) {
    ServerSide side(exchange.packets.front().segment.sequence);
    for (const ExchangePacket& packet : exchange.packets) {
        if (!packet.is_of_client) side.hear(packet.segment, packet.packet);
    }
    return side;
}

class ClientPlayback {
  public:
    ClientPlayback(Stage& stage, const Exchange& exchange, const PlaybackOptions& options)
        : stage_(stage),
          exchange_(exchange),
          options_(options),
          client_(stage.open_client()),
          clock_(stage.random().next_u32()),
          whole_(whole_server_side(exchange)),
          then_(first().segment.sequence),
          now_(client_.initial_sequence()),
          map_(options.match, whole_, methods_of(exchange)) {}

    Task<> play() {
        Duration last = first().time;
        for (const ExchangePacket& packet : exchange_.packets) {
            if (!packet.is_of_client) {
                then_.hear(packet.segment, packet.packet);
                last = packet.time;
                continue;
            }
            co_await listen(
                std::clamp(packet.time - last, Duration::zero(), options_.longest_pause));
            last = packet.time;
            co_await catch_up(packet);
            if (!has_caught_up(packet)) break;
            send(packet);
        }
        co_await await_end();
        // A reset is what was captured, or a finding of the comparison.
        if (now_.reset_number()) stage_.wire().capture()[*now_.reset_number()].is_demanded = true;
        for (Finding& finding : compare_replies(whole_, now_, map_, has_ended_))
            stage_.note(std::move(finding));
        leave();
    }

  private:
    const ExchangePacket& first() const { return exchange_.packets.front(); }

    void hear(const ReceivedSegment& received) {
        now_.hear(received.segment, received.frame);
        map_.update(now_);
    }

    Task<> listen(Duration length) {
        const Time until = stage_.wire().now() + length;
        for (;;) {
            const Duration left = until - stage_.wire().now();
            if (left <= Duration::zero()) co_return;
            const std::optional<ReceivedSegment> received = co_await client_.receive(left);
            if (received) hear(*received);
        }
    }

    /// The device has said what the captured server had said before `packet`, and takes it.
    bool has_caught_up(const ExchangePacket& packet) const {
        if (then_.reset_number()) return now_.reset_number().has_value();
        if (now_.reset_number()) return false;
        if (!then_.syn_ack()) return true;
        if (!now_.syn_ack()) return false;
        const std::uint32_t end = packet.segment.sequence - first().segment.sequence +
                                  static_cast<std::uint32_t>(packet.segment.payload.size());
        const std::uint32_t bearable = std::max(now_.window_edge(), now_.acknowledged());
        const bool is_probe = packet.segment.payload.size() <= 1;
        return now_.acknowledged() >= then_.acknowledged() &&
               map_.place_of(then_.text().size()).has_value() &&
               (!then_.is_closed() || now_.is_closed()) && (is_probe || end <= bearable);
    }

    Task<> catch_up(const ExchangePacket& packet) {
        Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
        while (!has_caught_up(packet)) {
            const Duration left = std::min<Duration>(deadline - stage_.wire().now(), kPatience);
            if (deadline <= stage_.wire().now() || now_.reset_number()) co_return;
            const std::size_t heard = now_.text().size();
            const std::optional<ReceivedSegment> received = co_await client_.receive(left);
            if (received) hear(*received);
            if (now_.text().size() > heard)
                deadline = stage_.wire().now() + stage_.iut().timers.answer;
            if (!received && now_.text().size() > acknowledged_) acknowledge();
        }
    }

    /// The device may send less at once than the captured server had: it goes on when it is told
    /// what has come.
    void acknowledge() {
        acknowledged_ = now_.text().size();
        TcpSegment segment = client_.make(tcp_flag::kAck);
        segment.sequence = client_.initial_sequence() + next_;
        segment.acknowledgment = now_.start() + 1 + static_cast<std::uint32_t>(acknowledged_);
        segment.window = window_;
        segment.timestamps.reset();
        if (last_timestamp_) segment.timestamps = TcpTimestamps{*last_timestamp_, now_.timestamp()};
        stage_.wire().send_as_is(
            Link::Front, encode_ethernet(stage_.iut().device.front_mac, stage_.iut().client_mac,
                                         kIpv4Type, encode_tcp_packet(segment)));
    }

    /// A number of the server's, as the live one counts.
    std::uint32_t other_number(std::uint32_t number) const {
        if (!then_.syn_ack() || !now_.syn_ack()) return number;
        const std::int32_t place = sequence_distance(then_.start() + 1, number);
        if (place <= 0) return now_.start() + 1 + static_cast<std::uint32_t>(place);
        const auto offset = static_cast<std::size_t>(place);
        const std::size_t text = then_.text().size();
        const std::size_t live = map_.place_of(std::min(offset, text)).value_or(now_.text().size());
        const bool has_fin = offset > text && then_.is_closed() && now_.is_closed();
        return now_.start() + 1 + static_cast<std::uint32_t>(live) + (has_fin ? 1 : 0);
    }

    void send(const ExchangePacket& packet) {
        const TcpSegment& then = packet.segment;
        LiveNumbers numbers;
        numbers.source = client_.self();
        numbers.destination = client_.service();
        numbers.sequence = client_.initial_sequence() + (then.sequence - first().segment.sequence);
        numbers.other_sequence = [this](std::uint32_t number) { return other_number(number); };
        if (then.has(tcp_flag::kAck)) numbers.acknowledgment = other_number(then.acknowledgment);
        if (then.timestamps) {
            const std::uint32_t begun = first().segment.timestamps.value_or(TcpTimestamps{}).value;
            numbers.timestamps.value = clock_ + (then.timestamps->value - begun);
            if (then.has(tcp_flag::kAck)) numbers.timestamps.echo = now_.timestamp();
            last_timestamp_ = numbers.timestamps.value;
        }
        if (!then.has(tcp_flag::kSyn)) window_ = then.window;
        const std::uint32_t told = numbers.acknowledgment - now_.start() - 1;
        if (then.has(tcp_flag::kAck) && now_.syn_ack())
            acknowledged_ = std::max<std::size_t>(acknowledged_, told);
        has_ended_ |= then.has(tcp_flag::kFin) || then.has(tcp_flag::kRst);
        next_ = std::max(next_, then.sequence - first().segment.sequence + then.length());
        for (const Bytes& piece :
             cut_packet(rewrite_packet(packet.bytes, numbers), longest_packet()))
            stage_.wire().send_as_is(
                Link::Front, encode_ethernet(stage_.iut().device.front_mac, stage_.iut().client_mac,
                                             kIpv4Type, piece));
    }

    std::size_t longest_packet() const {
        const std::size_t mtu = stage_.iut().front_mtu;
        if (!now_.syn_ack()) return mtu;
        return std::min<std::size_t>(mtu, now_.syn_ack()->mss.value_or(kDefaultMss) + kIpv4AndTcp);
    }

    /// What the captured server said last may be still on its way, and what it did not say too.
    Task<> await_end() {
        Time deadline = stage_.wire().now() + stage_.iut().timers.answer;
        while (stage_.wire().now() < deadline && !has_all()) {
            const Duration left = std::min<Duration>(deadline - stage_.wire().now(), kPatience);
            const std::size_t heard = now_.text().size();
            const std::optional<ReceivedSegment> received = co_await client_.receive(left);
            if (received) hear(*received);
            if (now_.text().size() > heard)
                deadline = stage_.wire().now() + stage_.iut().timers.answer;
            if (!received && now_.text().size() > acknowledged_ && !now_.reset_number())
                acknowledge();
        }
        co_await listen(stage_.iut().timers.silence / 4);
    }

    bool has_all() const {
        if (now_.reset_number()) return true;
        if (whole_.reset_number() || whole_.syn_ack().has_value() != now_.syn_ack().has_value())
            return false;
        return now_.acknowledged() >= whole_.acknowledged() &&
               map_.place_of(whole_.text().size()).has_value() &&
               (!whole_.is_closed() || now_.is_closed());
    }

    /// Where the capture ends before the connection does, nobody else would end it.
    void leave() {
        const bool is_over = now_.reset_number() || (has_ended_ && now_.is_closed());
        if (is_over || !now_.syn_ack()) return;
        TcpSegment reset = client_.make(tcp_flag::kRst);
        reset.sequence = client_.initial_sequence() + next_;
        reset.acknowledgment = 0;
        stage_.wire().send_as_is(
            Link::Front, encode_ethernet(stage_.iut().device.front_mac, stage_.iut().client_mac,
                                         kIpv4Type, encode_tcp_packet(reset)));
    }

    static constexpr std::uint16_t kIpv4Type = ether_type::kIpv4;

    Stage& stage_;
    const Exchange& exchange_;
    PlaybackOptions options_;
    Client& client_;
    std::uint32_t clock_;  ///< TSval of the SYN
    ServerSide whole_;     ///< all that the captured server says
    ServerSide then_;      ///< what it has said by the place that is played
    ServerSide now_;       ///< what the device has said
    AnswerMap map_;
    std::size_t acknowledged_ = 0;  ///< of the device's text
    std::uint16_t window_ = 0xFFFF;
    std::optional<std::uint32_t> last_timestamp_;
    bool has_ended_ = false;  ///< FIN or RST has been sent
    std::uint32_t next_ = 0;  ///< behind all that was sent, counted from the SYN
};

}  // namespace

Task<> play_client(Stage& stage, const Exchange& exchange, PlaybackOptions options) {
    ClientPlayback playback(stage, exchange, options);
    co_await playback.play();
}

}  // namespace conform
