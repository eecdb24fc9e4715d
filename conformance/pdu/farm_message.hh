// SPDX-License-Identifier: Apache-2.0
/// Bodies of control frames about sessions (0x31) and objects (0x40 to 0x43), as values (system
/// page, "Control channel").
#pragma once

#include <optional>
#include <string>

#include "engine/bytes.hh"

namespace conform {

/// What the id of a session is an id of.
namespace session_kind {
constexpr std::uint8_t kCookie = 1;
constexpr std::uint8_t kTls = 2;
}  // namespace session_kind

/// Kind 0x31.
struct SessionTold {
    std::uint8_t kind = session_kind::kCookie;
    Bytes id{};
    std::uint32_t server = 0;
    std::uint32_t lifetime_s = 0;
};

/// Status of 0x41 and 0x43.
namespace object_status {
constexpr std::uint16_t kOk = 0;
constexpr std::uint16_t kUnknownClass = 1;
constexpr std::uint16_t kGone = 3;
constexpr std::uint16_t kFailed = 4;
}  // namespace object_status

/// Kind 0x40.
struct ObjectCreate {
    std::string class_name{};
    Bytes arguments{};
};

/// Kind 0x41.
struct ObjectCreated {
    std::uint64_t handle = 0;
    std::uint16_t status = object_status::kOk;
};

/// Kind 0x42.
struct ObjectCall {
    std::uint64_t handle = 0;
    Bytes bytes{};
};

/// Kind 0x43.
struct ObjectResult {
    std::uint16_t status = object_status::kOk;
    Bytes bytes{};
};

Bytes encode(const SessionTold& told);
Bytes encode(const ObjectCreate& create);
Bytes encode(const ObjectCreated& created);
Bytes encode(const ObjectCall& call);
Bytes encode(const ObjectResult& result);

/// Absent where the body has another size than its fields give it.
std::optional<SessionTold> parse_session_told(ByteView body);
std::optional<ObjectCreate> parse_object_create(ByteView body);
std::optional<ObjectCreated> parse_object_created(ByteView body);
std::optional<ObjectCall> parse_object_call(ByteView body);
std::optional<ObjectResult> parse_object_result(ByteView body);

}  // namespace conform
