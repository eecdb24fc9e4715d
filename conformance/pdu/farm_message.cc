// SPDX-License-Identifier: Apache-2.0
#include "pdu/farm_message.hh"

namespace conform {
namespace {

constexpr std::size_t kBehindId = 8;  // server, lifetime
constexpr std::size_t kCreatedSize = 10;
constexpr std::size_t kCallHeadSize = 12;
constexpr std::size_t kResultHeadSize = 6;

void append_with_length(Bytes& bytes, ByteView content) {
    append_u32(bytes, static_cast<std::uint32_t>(content.size()));
    append(bytes, content);
}

/// What a u32 at `at` gives the length of, up to the end of the body and no further.
std::optional<Bytes> rest_with_length(ByteView body, std::size_t at) {
    if (body.size() < at + 4 || body.size() - at - 4 != load_u32(body, at)) return std::nullopt;
    const ByteView rest = body.subspan(at + 4);
    return Bytes(rest.begin(), rest.end());
}

}  // namespace

Bytes encode(const SessionTold& told) {
    Bytes body = {told.kind, static_cast<std::uint8_t>(told.id.size())};
    append(body, told.id);
    append_u32(body, told.server);
    append_u32(body, told.lifetime_s);
    return body;
}

Bytes encode(const ObjectCreate& create) {
    Bytes body = {static_cast<std::uint8_t>(create.class_name.size())};
    append(body, to_bytes(create.class_name));
    append_with_length(body, create.arguments);
    return body;
}

Bytes encode(const ObjectCreated& created) {
    Bytes body;
    append_u64(body, created.handle);
    append_u16(body, created.status);
    return body;
}

Bytes encode(const ObjectCall& call) {
    Bytes body;
    append_u64(body, call.handle);
    append_with_length(body, call.bytes);
    return body;
}

Bytes encode(const ObjectResult& result) {
    Bytes body;
    append_u16(body, result.status);
    append_with_length(body, result.bytes);
    return body;
}

std::optional<SessionTold> parse_session_told(ByteView body) {
    if (body.size() < 2 || body.size() != 2U + body[1] + kBehindId) return std::nullopt;
    const ByteView id = body.subspan(2, body[1]);
    const std::size_t behind = 2U + body[1];
    return SessionTold{body[0], Bytes(id.begin(), id.end()), load_u32(body, behind),
                       load_u32(body, behind + 4)};
}

std::optional<ObjectCreate> parse_object_create(ByteView body) {
    if (body.empty() || body.size() < 1U + body[0]) return std::nullopt;
    const ByteView name = body.subspan(1, body[0]);
    std::optional<Bytes> arguments = rest_with_length(body, 1U + body[0]);
    if (!arguments) return std::nullopt;
    return ObjectCreate{std::string(name.begin(), name.end()), std::move(*arguments)};
}

std::optional<ObjectCreated> parse_object_created(ByteView body) {
    if (body.size() != kCreatedSize) return std::nullopt;
    return ObjectCreated{load_u64(body, 0), load_u16(body, 8)};
}

std::optional<ObjectCall> parse_object_call(ByteView body) {
    if (body.size() < kCallHeadSize) return std::nullopt;
    std::optional<Bytes> bytes = rest_with_length(body, 8);
    if (!bytes) return std::nullopt;
    return ObjectCall{load_u64(body, 0), std::move(*bytes)};
}

std::optional<ObjectResult> parse_object_result(ByteView body) {
    if (body.size() < kResultHeadSize) return std::nullopt;
    std::optional<Bytes> bytes = rest_with_length(body, 2);
    if (!bytes) return std::nullopt;
    return ObjectResult{load_u16(body, 0), std::move(*bytes)};
}

}  // namespace conform
