// SPDX-License-Identifier: Apache-2.0
#include "roles/stream.hh"

#include <algorithm>
#include <utility>

#include "pdu/sequence.hh"

namespace conform {
namespace {

constexpr std::uint16_t kSegmentSize = 1'400;
constexpr std::uint16_t kWindow = 65'535;
constexpr std::chrono::milliseconds kFirstTimeout{300};
/// The other side takes a channel for dead after 3 s (CTL-3): it is asked more often than that.
constexpr unsigned kBackoffMax = 2;

}  // namespace

Stream::Stream(SocketAddress self, SocketAddress other, std::uint32_t initial_sequence, Emit emit)
    : self_(self),
      other_(other),
      emit_(std::move(emit)),
      oldest_(initial_sequence),
      next_(initial_sequence) {}

TcpSegment Stream::make(std::uint8_t flags) const {
    TcpSegment segment;
    segment.source = self_;
    segment.destination = other_;
    segment.sequence = next_;
    segment.flags = flags;
    segment.acknowledgment = (flags & tcp_flag::kAck) != 0 ? received_ : 0;
    segment.window = kWindow;
    return segment;
}

void Stream::send_syn(Time now) {
    const bool is_answer = phase_ == Phase::SynReceived;
    TcpSegment syn = make(is_answer ? tcp_flag::kSyn | tcp_flag::kAck : tcp_flag::kSyn);
    syn.sequence = oldest_;
    syn.mss = kSegmentSize;
    emit_(syn);
    next_ = oldest_ + 1;
    restart_timer(now);
}

void Stream::open(Time now) {
    phase_ = Phase::SynSent;
    send_syn(now);
}

void Stream::accept(const TcpSegment& syn, Time now) {
    phase_ = Phase::SynReceived;
    received_ = syn.sequence + 1;
    window_ = syn.window;
    send_syn(now);
}

void Stream::hear_answer_to_syn(const TcpSegment& segment, Time now) {
    if (!segment.has(tcp_flag::kAck) || segment.acknowledgment != next_) return;
    if (phase_ == Phase::SynSent) {
        if (!segment.has(tcp_flag::kSyn)) return;
        received_ = segment.sequence + 1;
    }
    phase_ = Phase::Established;
    oldest_ = next_;
    window_ = segment.window;
    repetitions_ = 0;
    deadline_ = kNever;
    if (segment.has(tcp_flag::kSyn)) emit_(make(tcp_flag::kAck));
    transmit(false, now);
}

void Stream::hear(const TcpSegment& segment, Time now) {
    if (phase_ == Phase::Gone) return;
    if (segment.has(tcp_flag::kRst)) {
        const bool is_for_syn =
            phase_ == Phase::SynSent && segment.has(tcp_flag::kAck | tcp_flag::kRst);
        const bool is_right =
            is_for_syn ? segment.acknowledgment == next_ : segment.sequence == received_;
        if (is_right) phase_ = Phase::Gone;
        return;
    }
    if (phase_ != Phase::Established) hear_answer_to_syn(segment, now);
    if (phase_ != Phase::Established) return;
    take_acknowledgment(segment, now);
    take_payload(segment);
    transmit(false, now);
}

void Stream::take_acknowledgment(const TcpSegment& segment, Time now) {
    if (!segment.has(tcp_flag::kAck) || sequence_before(next_, segment.acknowledgment)) return;
    window_ = segment.window;
    const std::int32_t progress = sequence_distance(oldest_, segment.acknowledgment);
    if (progress <= 0) return;
    const auto numbers = static_cast<std::size_t>(progress);
    if (numbers > unacknowledged_.size()) has_fin_ = false;  // it is acknowledged
    const std::size_t bytes = std::min(numbers, unacknowledged_.size());
    unacknowledged_.erase(unacknowledged_.begin(),
                          unacknowledged_.begin() + static_cast<std::ptrdiff_t>(bytes));
    oldest_ = segment.acknowledgment;
    repetitions_ = 0;
    if (oldest_ == next_) {
        deadline_ = kNever;
    } else {
        restart_timer(now);
    }
}

void Stream::take_payload(const TcpSegment& segment) {
    if (segment.length() == 0 || segment.has(tcp_flag::kSyn)) return;
    // A repetition is cut to what is new; what a gap separates comes again.
    const std::int32_t old = sequence_distance(segment.sequence, received_);
    if (old >= 0 && static_cast<std::uint32_t>(old) < segment.length()) {
        const auto skipped =
            std::min<std::size_t>(static_cast<std::size_t>(old), segment.payload.size());
        append(received_bytes_, ByteView(segment.payload).subspan(skipped));
        received_ = segment.sequence + segment.length();
        if (segment.has(tcp_flag::kFin)) return end();
    }
    emit_(make(tcp_flag::kAck));
}

void Stream::end() {
    // One answer for both: the acknowledgment of the other side's FIN, and ours.
    emit_(make(tcp_flag::kAck | tcp_flag::kFin));
    phase_ = Phase::Gone;
    deadline_ = kNever;
}

void Stream::send(ByteView bytes, Time now) {
    if (is_closing_) return;  // nothing follows a FIN
    append(unacknowledged_, bytes);
    if (phase_ == Phase::Established) transmit(false, now);
}

void Stream::close(Time now) {
    is_closing_ = has_fin_ = true;
    if (phase_ == Phase::Established) transmit(false, now);
}

void Stream::abort() {
    if (phase_ == Phase::SynReceived || phase_ == Phase::Established) {
        emit_(make(tcp_flag::kRst | tcp_flag::kAck));
    }
    phase_ = Phase::Gone;
    deadline_ = kNever;
}

void Stream::transmit(bool is_again, Time now) {
    std::uint32_t from = is_again ? oldest_ : next_;
    const auto bytes = static_cast<std::uint32_t>(unacknowledged_.size());
    const std::uint32_t end = oldest_ + bytes;
    const std::uint32_t edge = oldest_ + std::min(window_, bytes);
    while (sequence_before(from, edge)) {
        const std::uint32_t size = std::min<std::uint32_t>(edge - from, kSegmentSize);
        TcpSegment segment = make(tcp_flag::kAck | tcp_flag::kPsh);
        segment.sequence = from;
        const auto first = unacknowledged_.begin() + static_cast<std::ptrdiff_t>(from - oldest_);
        segment.payload.assign(first, first + static_cast<std::ptrdiff_t>(size));
        emit_(segment);
        from += size;
    }
    if (has_fin_ && from == end) {
        TcpSegment fin = make(tcp_flag::kAck | tcp_flag::kFin);
        fin.sequence = from++;
        emit_(fin);
    }
    if (sequence_before(next_, from)) next_ = from;
    if (next_ != oldest_ && (deadline_ == kNever || is_again)) restart_timer(now);
}

void Stream::restart_timer(Time now) {
    deadline_ = now + kFirstTimeout * (1U << std::min(repetitions_, kBackoffMax));
}

void Stream::act(Time now) {
    if (now < deadline_) return;
    ++repetitions_;
    if (phase_ == Phase::SynSent || phase_ == Phase::SynReceived) {
        send_syn(now);
    } else if (phase_ == Phase::Established) {
        transmit(true, now);
    } else {
        deadline_ = kNever;
    }
}

Bytes Stream::take_received() {
    return std::exchange(received_bytes_, {});
}

}  // namespace conform
