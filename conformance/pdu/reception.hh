// SPDX-License-Identifier: Apache-2.0
/// Whether a receiver may take an encapsulated frame (FRM-4 to FRM-8), as far as its bytes tell:
/// who is a member, which addresses are its own and what it knows of endpoints is the farm's.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/bytes.hh"

namespace conform {

/// FRM-6's checks by name. The first to fail is what a frame is dropped for.
namespace reception_fault {
constexpr std::string_view kTruncated = "truncated";
constexpr std::string_view kType = "type";
constexpr std::string_view kLength = "length";
constexpr std::string_view kChecksum = "checksum";
constexpr std::string_view kProtocol = "protocol";
constexpr std::string_view kPayload = "payload";
constexpr std::string_view kInnerHeader = "inner-header";
constexpr std::string_view kInnerProtocol = "inner-protocol";
constexpr std::string_view kInnerSource = "inner-source";
constexpr std::string_view kInnerDestination = "inner-destination";
}  // namespace reception_fault

/// `bytes` begins with the encapsulation header and may end in padding or a trailer. Absent if
/// nothing is wrong with the frame itself.
std::optional<std::string_view> find_reception_fault(ByteView bytes, bool has_extensions);

/// How many bytes behind the 16 of the header are payload (FRM-5), be they there or not; absent
/// where the bytes do not say, or a length field is none of the Type's. A whole header is there.
std::optional<std::size_t> stated_payload_size(ByteView bytes, bool has_extensions);

}  // namespace conform
