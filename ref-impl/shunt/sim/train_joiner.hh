// SPDX-License-Identifier: Apache-2.0
// Segments of one connection that come one right behind the other, joined to one packet as a
// network card or a kernel does (large receive offload): cut again, it is the same packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "shunt/base/packet.hh"

namespace shunt::sim {

class TrainJoiner {
  public:
    /// Bytes of the longest IPv4 packet.
    static constexpr std::size_t kTrainMax = 65'535;

    explicit TrainJoiner(PacketPool& pool) : pool_(pool) {}

    /// Takes a frame that carries on what is joined, or that may begin something. False: it is
    /// neither, and `frame` is left as it is; what was joined before it has to go first (take()).
    [[nodiscard]] bool add(Packet& frame);
    /// What was joined; nothing stays. A segment that nothing was joined to is as it came.
    std::optional<Packet> take();
    bool has_any() const { return first_.has_value(); }

  private:
    bool carries_on(ByteView frame) const;
    void append(ByteView frame);

    PacketPool& pool_;
    std::optional<Packet> first_;  // of the train, as it came
    Packet train_;                 // empty while there is one segment
    std::size_t segment_size_ = 0;
    std::size_t text_size_ = 0;
    std::uint16_t pieces_ = 0;
    bool is_complete_ = false;
};

}  // namespace shunt::sim
