// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/syn_cookies.hh"

#include <algorithm>

#include "shunt/base/bytes.hh"
#include "shunt/base/mutant.hh"

namespace shunt::tcp {
namespace {

constexpr unsigned kIndexBits = 3;
constexpr unsigned kPeriodBits = 2;
constexpr unsigned kOpenBits = kIndexBits + kPeriodBits;
constexpr std::uint32_t kOpenMask = (1U << kOpenBits) - 1;
constexpr std::uint32_t kPeriodMask = (1U << kPeriodBits) - 1;

// Of TSval: 4 bits of window scale, one that permits SACK.
constexpr std::uint32_t kMarkMask = 0x1F;
constexpr std::uint32_t kScaleMask = 0x0F;
constexpr std::uint32_t kSackMark = 0x10;
constexpr std::uint32_t kNoScale = 15;
constexpr std::uint8_t kScaleMax = 14;  // RFC 7323 2.3

enum class Purpose : std::uint8_t { Authentication = 1, Mask = 2 };

constexpr std::size_t kInputSize = 26;

std::array<std::uint8_t, kInputSize> hash_input(const Identity& identity,
                                                SequenceNumber client_initial, Purpose purpose,
                                                std::uint64_t period, std::uint32_t index) {
    std::array<std::uint8_t, kInputSize> bytes{};
    store_u32(bytes, 0, identity.local_address.value());
    store_u16(bytes, 4, identity.local_port);
    store_u32(bytes, 6, identity.remote_address.value());
    store_u16(bytes, 10, identity.remote_port);
    store_u32(bytes, 12, client_initial.value());
    store_u8(bytes, 16, static_cast<std::uint8_t>(purpose));
    store_u32(bytes, 17, static_cast<std::uint32_t>(period >> 32));
    store_u32(bytes, 21, static_cast<std::uint32_t>(period));
    store_u8(bytes, 25, static_cast<std::uint8_t>(index));
    return bytes;
}

std::uint64_t period_at(Duration farm_time) {
    return static_cast<std::uint64_t>(farm_time.to_nanoseconds() /
                                      SynCookies::kPeriod.to_nanoseconds());
}

/// The greatest entry that is not above it; the first for what is below all.
std::uint32_t index_of(std::uint16_t maximum_segment) {
    const auto& sizes = SynCookies::kSegmentSizes;
    const auto above = std::upper_bound(sizes.begin(), sizes.end(), maximum_segment);
    return above == sizes.begin() ? 0 : static_cast<std::uint32_t>(above - sizes.begin() - 1);
}

}  // namespace

std::uint32_t SynCookies::authenticate(const Identity& identity, SequenceNumber client_initial,
                                       std::uint64_t period, std::uint32_t index) const {
    const auto bytes = hash_input(identity, client_initial, Purpose::Authentication, period, index);
    return static_cast<std::uint32_t>(siphash_2_4(key_, bytes) >> 32) & ~kOpenMask;
}

std::uint32_t SynCookies::mask(const Identity& identity, SequenceNumber client_initial) const {
    const auto bytes = hash_input(identity, client_initial, Purpose::Mask, 0, 0);
    return static_cast<std::uint32_t>(siphash_2_4(key_, bytes)) & kOpenMask;
}

SequenceNumber SynCookies::make(const Identity& identity, SequenceNumber client_initial,
                                std::uint16_t maximum_segment, Duration farm_time) const {
    const std::uint64_t period = period_at(farm_time);
    const std::uint32_t index = index_of(maximum_segment);
    const std::uint32_t open =
        static_cast<std::uint32_t>(period & kPeriodMask) << kIndexBits | index;
    return SequenceNumber(authenticate(identity, client_initial, period, index) |
                          (open ^ mask(identity, client_initial)));
}

std::optional<std::uint16_t> SynCookies::check(const Identity& identity,
                                               SequenceNumber client_initial, SequenceNumber cookie,
                                               Duration farm_time) const {
    const std::uint32_t open = (cookie.value() & kOpenMask) ^ mask(identity, client_initial);
    const std::uint32_t index = open & ((1U << kIndexBits) - 1);
    const std::uint64_t period = period_at(farm_time);
    // Of this period, of the one before, or of a member whose clock is ahead.
    std::uint64_t made_in = period + 1;
    for (int candidates = 3; (made_in & kPeriodMask) != open >> kIndexBits; --made_in) {
        if (--candidates == 0) return std::nullopt;
    }
    const std::uint32_t expected = authenticate(identity, client_initial, made_in, index);
    if ((cookie.value() & ~kOpenMask) != expected) return std::nullopt;
    return is_mutant(Mutant::CookiesForgetMss) ? kSegmentSizes.back() : kSegmentSizes[index];
}

std::uint32_t SynCookies::mark_timestamp(std::uint32_t clock, const wire::TcpOptions& offered) {
    std::uint32_t mark = kNoScale;
    if (offered.window_scale) mark = std::min(*offered.window_scale, kScaleMax);
    if (offered.sack_permitted) mark |= kSackMark;
    const std::uint32_t marked = (clock & ~kMarkMask) | mark;
    // Never ahead of the clock: what the connection sends next must not go back (RFC 7323 5.4).
    return mark > (clock & kMarkMask) ? marked - (kMarkMask + 1) : marked;
}

wire::TcpOptions SynCookies::marked_options(std::uint32_t echo) {
    wire::TcpOptions offered;
    const std::uint32_t scale = echo & kScaleMask;
    if (scale != kNoScale && !is_mutant(Mutant::CookiesForgetScale))
        offered.window_scale = static_cast<std::uint8_t>(scale);
    offered.sack_permitted = (echo & kSackMark) != 0;
    return offered;
}

}  // namespace shunt::tcp
