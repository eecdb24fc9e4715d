// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/congestion_state.hh"

namespace shunt::wire {

std::optional<CongestionState> CongestionState::parse(ByteView bytes) {
    if (bytes.empty()) return std::nullopt;
    CongestionState state{.algorithm = load_u8(bytes, 0)};
    if (state.algorithm == FineState::kCubic && bytes.size() == 1 + CubicFields::kSize) {
        state.cubic = CubicFields::load(bytes, 1);
    }
    return state;
}

void CongestionState::store(MutableBytes bytes) const {
    store_u8(bytes, 0, algorithm);
    if (cubic) cubic->store(bytes, 1);
}

}  // namespace shunt::wire
