// SPDX-License-Identifier: Apache-2.0
/// A connection as one binary blob: sections in a frame of magic, count and CRC (blob page,
/// "Blob").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"
#include "pdu/address.hh"
#include "pdu/control_block.hh"

namespace conform {

constexpr std::uint32_t kBlobMagic = 0x5348424C;
constexpr std::uint16_t kBlobVersion = 1;

namespace blob_section {
constexpr std::uint16_t kMapping = 1;
constexpr std::uint16_t kTcpState = 2;
constexpr std::uint16_t kIpState = 3;
constexpr std::uint16_t kReceiveData = 4;
constexpr std::uint16_t kSendData = 5;
constexpr std::uint16_t kOutOfOrderData = 6;
constexpr std::uint16_t kContext = 7;
constexpr std::uint16_t kScoreboard = 8;
constexpr std::uint16_t kCongestion = 9;
}  // namespace blob_section

/// Reasons of 0x12, as those of 0x10 of the endpoint profile.
namespace blob_reason {
constexpr std::uint16_t kNoListener = 1;
constexpr std::uint16_t kFull = 2;
constexpr std::uint16_t kUnknown = 3;
constexpr std::uint16_t kDraining = 4;
constexpr std::uint16_t kMalformed = 5;
constexpr std::uint16_t kInUse = 6;
constexpr std::uint16_t kVoid = 7;
}  // namespace blob_reason

/// Section 1.
struct BlobMapping {
    static constexpr std::size_t kSize = 20;
    std::uint32_t flow = 0;
    SocketAddress client;
    SocketAddress service;
    Ipv4Address forward_ip;  ///< the forwarder's
    bool operator==(const BlobMapping&) const = default;
};

/// Section 3.
struct BlobIpState {
    static constexpr std::size_t kSize = 6;
    std::uint8_t time_to_live = 64;
    std::uint8_t type_of_service = 0;
    std::uint16_t path_mtu = 0;
    std::uint16_t next_identification = 0;
    bool operator==(const BlobIpState&) const = default;
};

struct BlobSection {
    std::uint16_t kind = 0;
    Bytes bytes{};
    std::uint16_t flags = 0;
    bool operator==(const BlobSection&) const = default;
};

/// Sections as they follow each other, whether or not the page has them so.
struct Blob {
    std::vector<BlobSection> sections{};

    /// The first of this kind; null: there is none.
    const BlobSection* find(std::uint16_t kind) const;
    BlobSection* find(std::uint16_t kind);
    /// The bytes of the first of this kind, empty where there is none.
    Bytes bytes_of(std::uint16_t kind) const;
    /// Absent where there is no such section, or one of another size.
    std::optional<BlobMapping> mapping() const;
    std::optional<ControlBlock> block() const;
    std::optional<BlobIpState> ip_state() const;
    bool operator==(const Blob&) const = default;
};

/// The three sections that every blob has.
Blob make_blob(const BlobMapping& mapping, const ControlBlock& block, const BlobIpState& ip);

/// With the number of its sections and its CRC.
Bytes encode(const Blob& blob);
Bytes encode(const BlobMapping& mapping);
Bytes encode(const BlobIpState& state);
/// Section 2.
Bytes encode_block(const ControlBlock& block);

/// What stands in a body of 0x10; absent where magic, version, lengths or CRC are wrong, and
/// `fault`, where somebody asks, says how.
std::optional<Blob> parse_blob(ByteView body, std::string* fault = nullptr);

/// What BL-5 and the table of sections say is wrong about one; empty: nothing.
std::string find_blob_fault(const Blob& blob);

/// The last four bytes made right again for what is before them.
void repair_blob(Bytes& body);

/// CRC-32C (RFC 3720 B.4): 0xE3069283 of "123456789".
std::uint32_t crc32c(ByteView bytes);

/// "flow 0x12345678, epoch 1, mapping 20, TCP state 140, IP state 6"
std::string describe(const Blob& blob);
std::string describe_flow(std::uint32_t flow);

}  // namespace conform
