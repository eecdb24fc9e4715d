// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/control_messages.hh"

#include <algorithm>

namespace shunt::wire {
namespace {

constexpr std::size_t kHelloNameOffset = 17;
constexpr std::size_t kErrorTextOffset = 4;

std::string_view text_of(ByteView bytes) {
    // Bytes and characters share their memory, which the standard allows for char alone.
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void store_text(MutableBytes bytes, std::string_view text) {
    std::copy(text.begin(), text.end(), bytes.begin());
}

}  // namespace

Result<HelloBody, Counter> HelloBody::parse(ByteView body) {
    if (body.size() < kHelloNameOffset) return Failure{Counter::DropControlBody};
    if (body.size() != kHelloNameOffset + load_u8(body, 16)) {
        return Failure{Counter::DropControlBody};
    }
    HelloBody hello;
    hello.server = load_u32(body, 0);
    hello.boot = load_u64(body, 4);
    hello.profiles = load_u32(body, 12);
    hello.name = text_of(body.subspan(kHelloNameOffset));
    return hello;
}

void HelloBody::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(name.size() <= 0xFF, "a server's name fits its field");
    store_u32(bytes, 0, server);
    store_u64(bytes, 4, boot);
    store_u32(bytes, 12, profiles);
    store_u8(bytes, 16, static_cast<std::uint8_t>(name.size()));
    store_text(bytes.subspan(kHelloNameOffset), name);
}

Result<ErrorBody, Counter> ErrorBody::parse(ByteView body) {
    if (body.size() < kErrorTextOffset) return Failure{Counter::DropControlBody};
    if (body.size() != kErrorTextOffset + load_u16(body, 2)) {
        return Failure{Counter::DropControlBody};
    }
    return ErrorBody{load_u16(body, 0), text_of(body.subspan(kErrorTextOffset))};
}

void ErrorBody::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(text.size() <= 0xFFFF, "what we say of an error is short");
    store_u16(bytes, 0, code);
    store_u16(bytes, 2, static_cast<std::uint16_t>(text.size()));
    store_text(bytes.subspan(kErrorTextOffset), text);
}

}  // namespace shunt::wire
