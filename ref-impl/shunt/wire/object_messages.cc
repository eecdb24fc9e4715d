// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/object_messages.hh"

#include <algorithm>
#include <optional>

namespace shunt::wire {
namespace {

constexpr std::size_t kLengthSize = 4;

/// What a length of four bytes at `offset` announces, if it is the rest of the body.
std::optional<ByteView> rest_behind(ByteView body, std::size_t offset) {
    if (body.size() < offset + kLengthSize) return std::nullopt;
    const ByteView rest = body.subspan(offset + kLengthSize);
    const bool is_whole = rest.size() == load_u32(body, offset) && rest.size() <= kObjectBytesMax;
    return is_whole ? std::optional(rest) : std::nullopt;
}

void store_rest(MutableBytes body, std::size_t offset, ByteView rest) {
    SHUNT_ASSERT(rest.size() <= kObjectBytesMax, "callers bound what they send");
    store_u32(body, offset, static_cast<std::uint32_t>(rest.size()));
    std::ranges::copy(rest, body.subspan(offset + kLengthSize).begin());
}

}  // namespace

Result<ObjectCreateBody, Counter> ObjectCreateBody::parse(ByteView body) {
    const std::size_t length = body.empty() ? 0 : load_u8(body, 0);
    const auto arguments = length == 0 ? std::nullopt : rest_behind(body, 1 + length);
    if (!arguments) return Failure{Counter::DropControlBody};
    // Bytes and characters share their memory, which the standard allows for char alone.
    const auto* name = reinterpret_cast<const char*>(body.data() + 1);
    return ObjectCreateBody{{name, length}, *arguments};
}

void ObjectCreateBody::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(!class_name.empty() && class_name.size() <= kClassNameMax,
                 "callers bound the name");
    store_u8(bytes, 0, static_cast<std::uint8_t>(class_name.size()));
    std::ranges::copy(class_name, bytes.subspan(1).begin());
    store_rest(bytes, 1 + class_name.size(), arguments);
}

Result<ObjectCreatedBody, Counter> ObjectCreatedBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    const auto status = static_cast<ObjectStatus>(load_u16(body, 8));
    switch (status) {
        case ObjectStatus::Ok:
        case ObjectStatus::UnknownClass:
        case ObjectStatus::NotHosted:
        case ObjectStatus::Failed:
            return ObjectCreatedBody{load_u64(body, 0), status};
        case ObjectStatus::Gone:
            break;
    }
    return Failure{Counter::DropControlBody};
}

void ObjectCreatedBody::write_to(MutableBytes bytes) const {
    store_u64(bytes, 0, handle);
    store_u16(bytes, 8, static_cast<std::uint16_t>(status));
}

Result<ObjectCallBody, Counter> ObjectCallBody::parse(ByteView body) {
    const auto bytes = rest_behind(body, 8);
    if (!bytes) return Failure{Counter::DropControlBody};
    return ObjectCallBody{load_u64(body, 0), *bytes};
}

void ObjectCallBody::write_to(MutableBytes body) const {
    store_u64(body, 0, handle);
    store_rest(body, 8, bytes);
}

Result<ObjectResultBody, Counter> ObjectResultBody::parse(ByteView body) {
    const auto bytes = rest_behind(body, 2);
    if (!bytes) return Failure{Counter::DropControlBody};
    const auto status = static_cast<ObjectStatus>(load_u16(body, 0));
    switch (status) {
        case ObjectStatus::Ok:
        case ObjectStatus::Gone:
        case ObjectStatus::Failed:
            return ObjectResultBody{status, *bytes};
        case ObjectStatus::UnknownClass:
        case ObjectStatus::NotHosted:
            break;
    }
    return Failure{Counter::DropControlBody};
}

void ObjectResultBody::write_to(MutableBytes body) const {
    store_u16(body, 0, static_cast<std::uint16_t>(status));
    store_rest(body, 2, bytes);
}

Result<ObjectReleaseBody, Counter> ObjectReleaseBody::parse(ByteView body) {
    if (body.size() != kSize) return Failure{Counter::DropControlBody};
    return ObjectReleaseBody{load_u64(body, 0)};
}

void ObjectReleaseBody::write_to(MutableBytes bytes) const {
    store_u64(bytes, 0, handle);
}

}  // namespace shunt::wire
