// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/fine_state.hh"

namespace shunt::wire {
namespace {

constexpr std::size_t kAlgorithmOffset = 32;
constexpr std::size_t kLengthOffset = 33;

// The one place that knows the order. `access(field)` goes from one u32 to the next.
template <typename Fine, typename Access>
void visit_times(Fine& fine, Access access) {
    access(fine.smoothed_rtt_us);
    access(fine.rtt_variation_us);
    access(fine.minimum_rtt_us);
    access(fine.retransmission_timeout_us);
    access(fine.retransmit_us);
    access(fine.persist_us);
    access(fine.keep_alive_us);
    access(fine.delayed_acknowledgment_us);
}

template <typename Fields, typename Access>
void visit_cubic(Fields& fields, Access access) {
    access(fields.window_max);
    access(fields.window_at_epoch);
    access(fields.reno_estimate);
    access(fields.epoch_age_ms);
    access(fields.time_to_window_max_ms);
}

}  // namespace

CubicFields CubicFields::load(ByteView bytes, std::size_t offset) {
    CubicFields fields;
    visit_cubic(fields, [&](std::uint32_t& field) {
        field = load_u32(bytes, offset);
        offset += 4;
    });
    return fields;
}

void CubicFields::store(MutableBytes bytes, std::size_t offset) const {
    visit_cubic(*this, [&](std::uint32_t field) {
        store_u32(bytes, offset, field);
        offset += 4;
    });
}

std::optional<FineState> FineState::parse(ByteView bytes) {
    if (bytes.size() < kHeadSize) return std::nullopt;
    const std::size_t length = load_u8(bytes, kLengthOffset);
    if (bytes.size() != kHeadSize + length) return std::nullopt;
    FineState fine;
    std::size_t at = 0;
    const auto read = [&](std::uint32_t& field) {
        field = load_u32(bytes, at);
        at += 4;
    };
    visit_times(fine, read);
    fine.algorithm = load_u8(bytes, kAlgorithmOffset);
    if (fine.algorithm == kCubic && length == CubicFields::kSize) {
        fine.cubic = CubicFields::load(bytes, kHeadSize);
    }
    return fine;
}

void FineState::store(MutableBytes bytes) const {
    std::size_t at = 0;
    const auto write = [&](std::uint32_t field) {
        store_u32(bytes, at, field);
        at += 4;
    };
    visit_times(*this, write);
    store_u8(bytes, kAlgorithmOffset, algorithm);
    store_u8(bytes, kLengthOffset, cubic ? CubicFields::kSize : 0);
    if (cubic) cubic->store(bytes, kHeadSize);
}

}  // namespace shunt::wire
