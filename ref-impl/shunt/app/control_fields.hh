// SPDX-License-Identifier: Apache-2.0
// The frames of control channels in a capture as JSON: every field under the name that
// docs/pcaps.md gives it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/wire/ipv4.hh"

namespace shunt::app {

class ControlFields {
  public:
    /// Of the frame with this number, from the Ethernet header on: a line as of frame_fields()
    /// where it is a segment that completes control frames or breaks their format (CTL-5), nothing
    /// otherwise. Frames have to come in the capture's order.
    std::optional<std::string> read(std::size_t number, ByteView frame);

  private:
    /// One direction of a connection.
    struct StreamKey {
        std::uint32_t source = 0;
        std::uint16_t source_port = 0;
        std::uint32_t destination = 0;
        std::uint16_t destination_port = 0;

        auto operator<=>(const StreamKey&) const = default;
    };
    struct Stream {
        std::optional<SequenceNumber> next;
        /// Of a control frame that is not complete.
        std::vector<std::uint8_t> bytes;
        bool is_broken = false;
    };
    struct Segment {
        StreamKey key;
        SequenceNumber sequence{0};
        bool is_first = false;
        ByteView text;
    };

    static std::optional<Segment> segment_of(const wire::Ipv4View& packet);
    static bool continues(Stream& stream, const Segment& segment);
    static std::optional<std::string> take_frames(std::size_t number, Stream& stream);

    std::map<StreamKey, Stream> streams_;
};

}  // namespace shunt::app
