// SPDX-License-Identifier: Apache-2.0
// Urgent data (RFC 9293 3.8.5): it stays in the stream, and both ends know where it ends. The
// pointers are those of RFC 6093: the number of the octet behind the last urgent one. Where nothing
// is urgent, SND.UP goes along with SND.UNA and RCV.UP with what is read, so that no pointer ever
// lies half the sequence space behind.
#include <algorithm>
#include <limits>

#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

constexpr std::uint32_t kPointerMax = std::numeric_limits<std::uint16_t>::max();

}  // namespace

std::size_t Connection::send_urgent(ByteView bytes) {
    const std::size_t taken = send(bytes);
    // Before the handshake is over, our SYN still takes the first number.
    const std::uint32_t syn = is_synchronized(state_) ? 0 : 1;
    if (taken > 0) send_.urgent = send_.unacknowledged + syn + send_buffer_.size();
    return taken;
}

/// Any length of urgent data (MUST-31): of more than the field holds, the peer hears so much now
/// and the rest with later segments.
void Connection::mark_urgent(wire::TcpHeader& header) const {
    // Not for a keep-alive, whose number lies before all that is outstanding.
    if (!send_.urgent.after(send_.unacknowledged)) return;
    if (!send_.urgent.after(header.sequence)) return;
    header.flags.urgent = true;
    header.urgent_pointer =
        static_cast<std::uint16_t>(std::min(send_.urgent - header.sequence, kPointerMax));
}

/// The sixth step of 3.10.7.4. Text that is held comes here again, and its pointer with it.
void Connection::check_urgent(const ArrivingSegment& segment) {
    if (!segment.flags.urgent || !takes_text() || is_text_held_) return;
    const SequenceNumber urgent = segment.sequence + segment.urgent_pointer;
    if (!urgent.after(receive_.urgent)) return;
    receive_.urgent = urgent;
    report(Event::Urgent);
}

std::uint32_t Connection::urgent_unread() const {
    // A peer may point behind the end of its stream.
    const bool is_beyond = fin_received_at_ && receive_.urgent.after(*fin_received_at_);
    const SequenceNumber end = is_beyond ? *fin_received_at_ : receive_.urgent;
    // What a reset or a timeout has taken away is not read any more.
    const SequenceNumber begin = first_unread();
    return end.before(begin) ? 0 : end - begin;
}

void Connection::forget_read_urgent() {
    if (receive_.urgent.before(first_unread())) receive_.urgent = first_unread();
}

/// A pointer that the queues and windows of its block leave no room for says that there is none.
void Connection::restore_urgent(const wire::ControlBlock& block) {
    const bool is_sent = block.send_urgent - block.send_unacknowledged <= block.send_queue;
    send_.urgent = is_sent ? block.send_urgent : block.send_unacknowledged;
    const SequenceNumber start = block.receive_start();
    const std::uint32_t ahead_max = (block.receive_advertised - start) + kPointerMax;
    const bool is_received = block.receive_urgent - start <= ahead_max;
    receive_.urgent = is_received ? block.receive_urgent : start;
    if (receive_.urgent.after(start)) report(Event::Urgent);
}

SequenceNumber Connection::first_unread() const {
    const bool is_fin_taken = fin_received_at_ && receive_.next.after(*fin_received_at_);
    return receive_.next - static_cast<std::uint32_t>(receive_buffer_.unread()) -
           (is_fin_taken ? 1U : 0U);
}

}  // namespace shunt::tcp
