// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/session_announcement.hh"

#include <algorithm>

namespace shunt::wire {
namespace {

constexpr std::size_t kIdAt = 2;
constexpr std::size_t kBehindId = 8;
constexpr std::size_t kIdMax = 255;

}  // namespace

Result<SessionAnnouncement, Counter> SessionAnnouncement::parse(ByteView body) {
    if (body.size() < kIdAt) return Failure{Counter::DropControlBody};
    const std::uint8_t kind = load_u8(body, 0);
    const std::size_t length = load_u8(body, 1);
    const bool is_known = kind == static_cast<std::uint8_t>(SessionKind::Cookie) ||
                          kind == static_cast<std::uint8_t>(SessionKind::Tls);
    if (!is_known || length == 0 || body.size() != kIdAt + length + kBehindId) {
        return Failure{Counter::DropControlBody};
    }
    return SessionAnnouncement{static_cast<SessionKind>(kind), body.subspan(kIdAt, length),
                               load_u32(body, kIdAt + length), load_u32(body, kIdAt + length + 4)};
}

std::size_t SessionAnnouncement::size() const {
    return kIdAt + id.size() + kBehindId;
}

void SessionAnnouncement::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(!id.empty() && id.size() <= kIdMax, "callers bound the id");
    store_u8(bytes, 0, static_cast<std::uint8_t>(kind));
    store_u8(bytes, 1, static_cast<std::uint8_t>(id.size()));
    std::ranges::copy(id, bytes.begin() + kIdAt);
    store_u32(bytes, kIdAt + id.size(), server);
    store_u32(bytes, kIdAt + id.size() + 4, lifetime_seconds);
}

}  // namespace shunt::wire
