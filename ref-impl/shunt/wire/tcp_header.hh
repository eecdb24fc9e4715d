// SPDX-License-Identifier: Apache-2.0
// The TCP header (RFC 9293 3.1).
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/tcp_options.hh"

namespace shunt::wire {

/// Without options.
inline constexpr std::size_t kTcpHeaderSize = 20;

/// The control bits; the last two are ECN's (RFC 3168 6.1).
struct TcpFlags {
    bool fin = false;
    bool syn = false;
    bool reset = false;
    bool push = false;
    bool acknowledgment = false;
    bool urgent = false;
    bool ecn_echo = false;
    bool congestion_window_reduced = false;

    static constexpr TcpFlags from_byte(std::uint8_t byte) {
        return {.fin = (byte & kFin) != 0,
                .syn = (byte & kSyn) != 0,
                .reset = (byte & kReset) != 0,
                .push = (byte & kPush) != 0,
                .acknowledgment = (byte & kAcknowledgment) != 0,
                .urgent = (byte & kUrgent) != 0,
                .ecn_echo = (byte & kEcnEcho) != 0,
                .congestion_window_reduced = (byte & kCongestionWindowReduced) != 0};
    }
    constexpr std::uint8_t to_byte() const {
        return static_cast<std::uint8_t>(
            (fin ? kFin : 0) | (syn ? kSyn : 0) | (reset ? kReset : 0) | (push ? kPush : 0) |
            (acknowledgment ? kAcknowledgment : 0) | (urgent ? kUrgent : 0) |
            (ecn_echo ? kEcnEcho : 0) | (congestion_window_reduced ? kCongestionWindowReduced : 0));
    }
    bool operator==(const TcpFlags&) const = default;

  private:
    static constexpr unsigned kFin = 0x01;
    static constexpr unsigned kSyn = 0x02;
    static constexpr unsigned kReset = 0x04;
    static constexpr unsigned kPush = 0x08;
    static constexpr unsigned kAcknowledgment = 0x10;
    static constexpr unsigned kUrgent = 0x20;
    static constexpr unsigned kEcnEcho = 0x40;
    static constexpr unsigned kCongestionWindowReduced = 0x80;
};

/// What a checksum field holds: the checksum, or of a packet that no wire has carried yet the sum
/// of the pseudo header alone (Unfinished::checksum).
enum class ChecksumField : std::uint8_t { Complete, Partial };

class TcpView {
  public:
    /// Checks that it is whole TCP, then: 20 bytes there, data offset, checksum if it is complete.
    static Result<TcpView, Counter> parse(const Ipv4View& packet,
                                          ChecksumField field = ChecksumField::Complete);

    std::uint16_t source_port() const { return load_u16(segment_, 0); }
    std::uint16_t destination_port() const { return load_u16(segment_, 2); }
    SequenceNumber sequence() const { return SequenceNumber(load_u32(segment_, 4)); }
    /// Meaningful only where flags().acknowledgment.
    SequenceNumber acknowledgment() const { return SequenceNumber(load_u32(segment_, 8)); }
    std::size_t header_size() const { return std::size_t{load_u8(segment_, 12)} / 16 * 4; }
    TcpFlags flags() const { return TcpFlags::from_byte(load_u8(segment_, 13)); }
    /// As sent, not scaled.
    std::uint16_t window() const { return load_u16(segment_, 14); }
    std::uint16_t urgent_pointer() const { return load_u16(segment_, 18); }
    TcpOptions options() const {
        return TcpOptions::parse(segment_.first(header_size()).subspan(kTcpHeaderSize));
    }
    /// What the network has marked: it belongs to IP, and stays with the segment for TCP's ears.
    EcnCodepoint ecn() const { return ecn_; }
    ByteView payload() const { return segment_.subspan(header_size()); }
    /// SEG.LEN: what the segment takes of the sequence space, SYN and FIN counted.
    std::uint32_t segment_length() const;

  private:
    TcpView(ByteView segment, EcnCodepoint ecn) : segment_(segment), ecn_(ecn) {}
    ByteView segment_;
    EcnCodepoint ecn_;
};

struct TcpHeader {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    SequenceNumber sequence{};
    SequenceNumber acknowledgment{};
    TcpFlags flags{};
    std::uint16_t window = 0;
    std::uint16_t urgent_pointer = 0;
    TcpOptions options{};

    /// With options.
    std::size_t size() const { return kTcpHeaderSize + options.size(); }
    /// Data offset and checksum follow from the options and from what `packet` holds as payload.
    void prepend_to(Packet& packet, Ipv4Address source, Ipv4Address destination,
                    ChecksumField field = ChecksumField::Complete) const;
};

}  // namespace shunt::wire
