// SPDX-License-Identifier: Apache-2.0
// Puts a genuine cookie where one stood, and says how much is the client's so that a response or a
// hello behind it begins where it did.
#include <algorithm>
#include <string_view>

#include "fuzz_target.hh"
#include "session_start/known_sessions.hh"

namespace shunt::fuzz {
namespace {

constexpr std::size_t kStreamsAt = 3;

void mend_cookie(MutableBytes input, Rng& rng) {
    constexpr std::string_view name = "SHUNT=";
    const auto at = std::search(input.begin(), input.end(), name.begin(), name.end());
    const auto room = static_cast<std::size_t>(input.end() - at);
    const std::string value = KnownSessions().genuine(1 + static_cast<std::uint32_t>(rng.below(2)));
    if (room < name.size() + value.size()) return;
    std::copy(value.begin(), value.end(), at + static_cast<std::ptrdiff_t>(name.size()));
}

/// A backend's stream begins with a status line or a handshake.
void mend_division(MutableBytes input) {
    constexpr std::string_view status = "HTTP/1.1 ";
    const auto streams = input.begin() + kStreamsAt;
    const auto at = std::search(streams, input.end(), status.begin(), status.end());
    if (at == input.end()) return;
    store_u16(input, 1, static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(at - streams, 0xFFFF)));
}

}  // namespace

std::size_t repair_input(MutableBytes room, std::size_t size, Rng& rng) {
    const MutableBytes input = room.first(size);
    if (size < kStreamsAt) return size;
    const bool mends_cookie = rng.chance({3, 4});
    if (mends_cookie) mend_cookie(input, rng);
    const bool mends_division = rng.chance({7, 8});
    if (mends_division) mend_division(input);
    return size;
}

}  // namespace shunt::fuzz
