// SPDX-License-Identifier: Apache-2.0
// Reads what a farm whose connections move as blobs says on its back link: control frames out of
// the channels' byte streams, and rewritten packets, each as the message that stands for it in the
// endpoint profile (ADR 0013).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "shunt/sim/checkers/farm_checker.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::sim {

class BlobReader {
  public:
    using Tell = std::function<void(const FarmMessage&)>;

    explicit BlobReader(const FarmRoles& roles) : roles_(roles) {}

    /// A frame of the back link as it leaves: what it says for the first time. True: it brought
    /// part of a control frame, whose end is still to come.
    bool read_sent(ByteView frame, Instant time, HostId from, const Tell& tell);
    /// The same as it arrives: what is there whole by it.
    bool read_arrived(ByteView frame, Instant time, HostId from, HostId to, const Tell& tell);

  private:
    /// The bytes of one direction of a connection, as far as they are in order.
    struct Stream {
        std::optional<std::uint32_t> next;
        std::uint32_t start = 0;
        std::uint64_t taken = 0;                                   // from `start` on
        std::map<std::uint64_t, std::vector<std::uint8_t>> ahead;  // by distance from `start`
        std::vector<std::uint8_t> bytes;                           // of frames that are not whole
    };
    using StreamKey = std::pair<std::uint64_t, std::uint64_t>;  // both ends, sender's first
    using Streams = std::map<StreamKey, Stream>;
    struct Attempt {
        wire::ConnectionTuple tuple;
        std::uint32_t epoch = 0;
    };
    struct Ends {
        Instant time;
        HostId from{};
        HostId to{};
    };

    bool read(Streams& streams, ByteView frame, const Ends& ends, const Tell& tell);
    bool read_segment(Stream& stream, const wire::TcpView& segment, const Ends& ends,
                      const Tell& tell);
    static void take(Stream& stream, std::uint32_t sequence, ByteView text);
    void read_frames(Stream& stream, const Ends& ends, const Tell& tell);
    void read_frame(const wire::ControlFrameView& frame, const Ends& ends, const Tell& tell);
    void read_blob(const wire::ControlFrameView& frame, const Ends& ends, const Tell& tell);
    void read_rewritten(const wire::Ipv4View& packet, const Ends& ends, const Tell& tell);
    const Attempt* find(const Ends& ends, wire::FlowId flow) const;
    void say(wire::EncapsulationType type, const Ends& ends, wire::FlowId flow,
             const Tell& tell) const;
    bool is_homes(const Ends& ends, const Attempt& attempt) const;

    const FarmRoles& roles_;
    Streams sent_;
    Streams arrived_;
    std::map<std::tuple<HostId, HostId, std::uint32_t>, Attempt> attempts_;  // lower host first
    std::map<std::pair<HostId, std::uint64_t>, wire::FlowId> asked_;         // by transaction
};

}  // namespace shunt::sim
