// SPDX-License-Identifier: Apache-2.0
// What happens to an imported connection: a script of 12 byte steps behind the control block, each
// a segment of the client, a call of the application, time that passes, or another move.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::fuzz {

enum class StepKind : std::uint8_t {
    Segment,
    SegmentWithTimestamps,
    Send,
    Read,
    Close,
    Wait,
    Move,
    Abort,
    SegmentWithSack,
};
inline constexpr std::uint8_t kStepKinds = 9;

/// One step as it stands in an input, big-endian.
struct Step {
    static constexpr std::size_t kSize = 12;

    StepKind kind = StepKind::Segment;     // offset 0, modulo kStepKinds
    std::uint8_t flags = 0;                // 1: TCP flags
    std::int16_t sequence_offset = 0;      // 2: from RCV.NXT
    std::int16_t acknowledgment_back = 0;  // 4: from SND.NXT, backwards
    // 6; with SACK: where its block begins past the acknowledgment, and its size, in units of 64
    std::uint16_t window = 0;
    std::uint16_t length = 0;   // 8: bytes of text
    std::uint16_t wait_ms = 0;  // 10: that pass before

    static Step load(ByteView bytes, std::size_t offset);
    void store(MutableBytes bytes, std::size_t offset) const;
};

/// The connection, its peer and the clock.
class ScriptedConnection {
  public:
    /// `config` outlives it.
    ScriptedConnection(const tcp::Config& config, tcp::Connection connection, Instant now)
        : config_(config), connection_(std::move(connection)), now_(now) {}

    /// Runs the steps in `script`, at most kStepsMax, while the connection lives.
    void run(ByteView script);

  private:
    static constexpr std::size_t kStepsMax = 24;

    void run_step(const Step& step);
    void pass(Duration span);
    void receive(const Step& step);
    void send(std::size_t count);
    void read();
    void move();
    void transmit();

    const tcp::Config& config_;
    tcp::Connection connection_;
    Instant now_;
    std::uint32_t peer_clock_ms_ = 0;
    PacketPool pool_;
};

/// A copy of the connection made by export and import, queues included, as a target would make it.
/// Aborts where TCB-3 does not hold: the copy's block is the original's, timers aside.
tcp::Connection moved(const tcp::Config& config, const tcp::Connection& connection, Instant now);

/// Sets what TCB-3 lets differ to zero.
wire::ControlBlock without_timers(wire::ControlBlock block);

/// True if it may move: synchronized, not in TIME-WAIT (TCP-15).
bool can_move(const tcp::Connection& connection);

}  // namespace shunt::fuzz
