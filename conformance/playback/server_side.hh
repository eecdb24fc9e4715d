// SPDX-License-Identifier: Apache-2.0
/// What a server has said on one connection, live or in a capture: its SYN/ACK, the text in order,
/// what it has acknowledged, its end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/tcp_segment.hh"

namespace conform {

class ServerSide {
  public:
    /// `client_start`: the sequence number of the client's SYN.
    explicit ServerSide(std::uint32_t client_start) : client_start_(client_start) {}

    /// A segment of the server; `number`: its place in the capture.
    void hear(const TcpSegment& segment, std::size_t number);

    const std::optional<TcpSegment>& syn_ack() const { return syn_ack_; }
    std::size_t syn_ack_number() const { return syn_ack_number_; }
    std::uint32_t start() const { return syn_ack_ ? syn_ack_->sequence : 0; }
    /// Bytes in order from the first one on, each as it came first.
    const Bytes& text() const { return text_; }
    /// Which packet the byte at `offset` came in; the last one where there is no such byte.
    std::size_t number_of(std::size_t offset) const;
    /// All text and the FIN behind it have come.
    bool is_closed() const { return fin_at_ && *fin_at_ == text_.size(); }
    std::size_t fin_number() const { return fin_number_; }
    const std::optional<std::size_t>& reset_number() const { return reset_; }
    /// The client's sequence space that is acknowledged, the SYN counted.
    std::uint32_t acknowledged() const { return acknowledged_; }
    std::size_t acknowledged_number() const { return acknowledged_number_; }
    /// The right edge of its window, counted as acknowledged() is.
    std::uint32_t window_edge() const { return window_edge_; }
    /// TSval of what came last.
    std::uint32_t timestamp() const { return timestamp_; }

  private:
    void hear_acknowledgment(const TcpSegment& segment, std::size_t number);
    void hear_text(const TcpSegment& segment, std::size_t number);

    struct Piece {
        Bytes bytes;
        std::size_t number = 0;
    };

    std::uint32_t client_start_;
    std::optional<TcpSegment> syn_ack_;
    std::size_t syn_ack_number_ = 0;
    Bytes text_;
    std::vector<std::pair<std::size_t, std::size_t>> numbers_;  ///< from which offset on, which
    std::multimap<std::size_t, Piece> early_;                   ///< behind a gap, by offset
    std::size_t early_size_ = 0;
    std::optional<std::size_t> fin_at_;
    std::size_t fin_number_ = 0;
    std::optional<std::size_t> reset_;
    std::uint32_t acknowledged_ = 0;
    std::size_t acknowledged_number_ = 0;
    std::uint32_t window_edge_ = 0;
    std::uint32_t timestamp_ = 0;
};

}  // namespace conform
