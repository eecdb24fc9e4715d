// SPDX-License-Identifier: Apache-2.0
/// The encapsulation header and the payloads behind it, as values (endpoint page, "Framing").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/address.hh"
#include "pdu/control_block.hh"

namespace conform {

constexpr std::size_t kEncapsulationHeaderSize = 16;
constexpr std::size_t kEncapsulationChecksumOffset = 14;

enum class EncapsulationType : std::uint8_t {
    Connection = 0x01,
    Forwarded = 0x02,
    Acknowledgement = 0x03,
    Reject = 0x10,
    Release = 0x11,
    Data = 0x12,
    Challenge = 0x13,
    Go = 0x14,
    Missing = 0x15,
};

/// "0x03 acknowledgement"; "0x77 unknown".
std::string describe_encapsulation_type(std::uint8_t type);

namespace encapsulated_protocol {
constexpr std::uint8_t kTcp = 1;
constexpr std::uint8_t kUdp = 2;
}  // namespace encapsulated_protocol

/// One encapsulated frame behind its Ethernet header.
struct Encapsulation {
    SocketAddress source;       ///< the client
    SocketAddress destination;  ///< a forward IP of the receiver, the service port
    std::uint8_t type = 0;
    std::uint8_t protocol = encapsulated_protocol::kTcp;
    std::uint16_t checksum = 0;  ///< as received; when sending it is computed (FRM-4)
    Bytes payload{};             ///< cut to the length that FRM-5 gives
    std::size_t excess = 0;      ///< bytes behind the payload: padding or trailer (FRM-5)

    bool is(EncapsulationType wanted) const { return type == static_cast<std::uint8_t>(wanted); }
};

/// One attempt to move one connection (endpoint page, "ID"), 14 bytes.
struct MigrationId {
    SocketAddress service;
    std::uint32_t initial_sequence = 0;  ///< iss of the control block
    std::uint32_t epoch = 0;
    bool operator==(const MigrationId&) const = default;
    std::string to_string() const;
};

/// Payload of 0x01 with Protocol 1.
struct ConnectionInformation {
    static constexpr std::size_t kSize = 6 + kControlBlockSize;
    SocketAddress service;
    ControlBlock block;
};

/// Payload of 0x01 with Protocol 2.
struct FlowInformation {
    SocketAddress service;
    std::optional<std::uint32_t> flow{};  ///< in a farm with extensions
};

/// Payload of ext 0x03, 0x11 and 0x14: length, ID, copy.
struct IdentifiedCopy {
    static constexpr std::size_t kSize = 20;
    MigrationId id;
    std::uint32_t copy = 0;
    bool operator==(const IdentifiedCopy&) const = default;
};

/// Payload of 0x10: length, ID, reason.
struct Rejection {
    static constexpr std::size_t kSize = 18;
    MigrationId id;
    std::uint16_t reason = 0;
    bool operator==(const Rejection&) const = default;
};

/// Which bytes of an endpoint an 0x12 or 0x15 is about (endpoint page, "0x12 queues").
namespace endpoint_queue {
constexpr std::uint8_t kSend = 1;
constexpr std::uint8_t kReceive = 2;
constexpr std::uint8_t kOutOfOrder = 3;
constexpr std::uint8_t kScoreboard = 4;
constexpr std::uint8_t kFineState = 5;
constexpr std::uint8_t kContext = 6;
}  // namespace endpoint_queue

/// Payload of 0x12: length, ID, queue, 0, offset, bytes.
struct EndpointData {
    MigrationId id;
    std::uint8_t queue = endpoint_queue::kSend;
    std::uint32_t offset = 0;
    Bytes bytes{};
};

/// Payload of 0x15: length, ID, and what is missing.
struct MissingRanges {
    struct Range {
        std::uint8_t queue = 0;
        std::uint32_t offset = 0;
        std::uint32_t length = 0;
        bool operator==(const Range&) const = default;
    };
    MigrationId id;
    std::vector<Range> ranges{};
};

/// Absent where the payload has another size than the type gives it.
std::optional<ConnectionInformation> parse_connection_information(ByteView payload);
std::optional<FlowInformation> parse_flow_information(ByteView payload);
std::optional<IdentifiedCopy> parse_identified_copy(ByteView payload);
std::optional<Rejection> parse_rejection(ByteView payload);
std::optional<EndpointData> parse_endpoint_data(ByteView payload);
std::optional<MissingRanges> parse_missing_ranges(ByteView payload);

Bytes encode(const ConnectionInformation& information);
Bytes encode(const FlowInformation& information);
Bytes encode(const IdentifiedCopy& identified);
Bytes encode(const Rejection& rejection);
Bytes encode(const EndpointData& data);
Bytes encode(const MissingRanges& missing);

}  // namespace conform
