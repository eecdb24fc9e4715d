// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/session/tls_hello.hh"

#include <algorithm>
#include <optional>

#include "shunt/base/mutant.hh"

namespace shunt::farm {
namespace {

// RFC 5246 6.2.1 and 7.4.
constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::uint8_t kMajorVersion = 3;
constexpr std::size_t kRecordHeaderSize = 5;
constexpr std::size_t kRecordMax = 1U << 14;
constexpr std::uint8_t kClientHello = 1;
constexpr std::uint8_t kServerHello = 2;
constexpr std::size_t kMessageHeaderSize = 4;
constexpr std::size_t kVersionSize = 2;
constexpr std::size_t kRandomSize = 32;
constexpr std::size_t kSessionIdMax = 32;
constexpr std::size_t kSessionIdAt = kMessageHeaderSize + kVersionSize + kRandomSize;
/// Cipher suite and compression method of a ServerHello.
constexpr std::size_t kChoiceSize = 3;
/// A ServerHello is some 100 bytes; more is none that we would wait for.
constexpr std::size_t kServerHelloMax = 4'096;
constexpr std::uint16_t kSupportedVersions = 43;  // RFC 8446 4.2.1

/// Handshake bytes out of the records that `stream` begins with; fewer where it ends, or where it
/// goes on as something else.
struct Handshake {
    std::vector<std::uint8_t> bytes;
    bool is_broken = false;
};

bool is_record_header(ByteView header) {
    return header[0] == kHandshakeRecord && header[1] == kMajorVersion && load_u16(header, 3) > 0 &&
           load_u16(header, 3) <= kRecordMax;
}

Handshake take_handshake(ByteView stream, std::size_t wanted) {
    Handshake handshake;
    while (handshake.bytes.size() < wanted && stream.size() >= kRecordHeaderSize) {
        if (!is_record_header(stream)) {
            handshake.is_broken = true;
            return handshake;
        }
        const std::size_t length = load_u16(stream, 3);
        const std::size_t here = std::min(length, stream.size() - kRecordHeaderSize);
        const std::size_t taken = std::min(here, wanted - handshake.bytes.size());
        const ByteView fragment = stream.subspan(kRecordHeaderSize, taken);
        handshake.bytes.insert(handshake.bytes.end(), fragment.begin(), fragment.end());
        stream = stream.subspan(kRecordHeaderSize + here);
        if (is_mutant(Mutant::ReadsOneRecord)) return handshake;
    }
    // The first byte alone tells another protocol.
    const bool is_other =
        !stream.empty() && stream.size() < kRecordHeaderSize &&
        (stream[0] != kHandshakeRecord || (stream.size() > 1 && stream[1] != kMajorVersion));
    handshake.is_broken = handshake.bytes.size() < wanted && is_other;
    return handshake;
}

std::size_t message_size(ByteView bytes) {
    return (std::size_t{bytes[1]} << 16 | load_u16(bytes, 2)) + kMessageHeaderSize;
}

bool begins_otherwise(ByteView bytes, std::uint8_t type) {
    if (!bytes.empty() && bytes[0] != type) return true;
    return bytes.size() >= kMessageHeaderSize && message_size(bytes) <= kSessionIdAt;
}

/// Where the session id ends, as far as the bytes say.
std::optional<std::size_t> end_of_id(ByteView bytes) {
    if (bytes.size() <= kSessionIdAt) return std::nullopt;
    return kSessionIdAt + 1 + bytes[kSessionIdAt];
}

TlsHello with_id(ByteView bytes) {
    const ByteView id = bytes.subspan(kSessionIdAt + 1, bytes[kSessionIdAt]);
    return {{id.begin(), id.end()}, false};
}

/// Whether the extensions of a ServerHello name a version: TLS 1.3 and later alone do.
std::optional<bool> names_version(ByteView rest) {
    if (rest.empty()) return false;
    if (rest.size() < 2 || load_u16(rest, 0) != rest.size() - 2) return std::nullopt;
    rest = rest.subspan(2);
    while (!rest.empty()) {
        if (rest.size() < 4 || rest.size() - 4 < load_u16(rest, 2)) return std::nullopt;
        if (load_u16(rest, 0) == kSupportedVersions) return true;
        rest = rest.subspan(4 + std::size_t{load_u16(rest, 2)});
    }
    return false;
}

ParsedHello finish_server_hello(ByteView bytes) {
    const auto end = end_of_id(bytes);
    if (!end || bytes[kSessionIdAt] > kSessionIdMax || *end + kChoiceSize > bytes.size())
        return NoHello{};
    const auto is_echo = names_version(bytes.subspan(*end + kChoiceSize));
    if (!is_echo) return NoHello{};
    TlsHello hello = with_id(bytes);
    hello.is_echo = *is_echo;
    return hello;
}

}  // namespace

ParsedHello read_client_hello(ByteView stream) {
    const Handshake handshake = take_handshake(stream, kSessionIdAt + 1 + kSessionIdMax);
    const ByteView bytes = handshake.bytes;
    if (begins_otherwise(bytes, kClientHello)) return NoHello{};
    const auto end = end_of_id(bytes);
    if (end && (bytes[kSessionIdAt] > kSessionIdMax || *end > message_size(bytes)))
        return NoHello{};
    if (end && bytes.size() >= *end) return with_id(bytes);
    if (handshake.is_broken) return NoHello{};
    return IncompleteHello{};
}

ParsedHello read_server_hello(ByteView stream) {
    const Handshake head = take_handshake(stream, kMessageHeaderSize);
    if (begins_otherwise(head.bytes, kServerHello)) return NoHello{};
    if (head.bytes.size() == kMessageHeaderSize) {
        const std::size_t size = message_size(head.bytes);
        if (size > kServerHelloMax) return NoHello{};
        const Handshake whole = take_handshake(stream, size);
        if (whole.bytes.size() == size) return finish_server_hello(whole.bytes);
        if (whole.is_broken) return NoHello{};
        return IncompleteHello{};
    }
    if (head.is_broken) return NoHello{};
    return IncompleteHello{};
}

}  // namespace shunt::farm
