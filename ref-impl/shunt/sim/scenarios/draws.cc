// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/scenarios/draws.hh"

namespace shunt::sim {

// One draw per statement: compilers evaluate arguments in different orders.
ConnectionPlan draw_plan(Rng& rng, std::size_t number, Duration spacing) {
    ConnectionPlan plan;
    const auto later_us = static_cast<std::int64_t>(rng.below(2'000));
    plan.start =
        Instant{} + spacing * static_cast<std::int64_t>(number) + Duration::microseconds(later_us);
    const std::uint64_t requests = 1 + rng.below(3);
    for (std::uint64_t i = 0; i < requests; ++i) {
        const std::uint64_t magnitude = rng.below(17);
        plan.sizes.push_back(rng.below(std::uint64_t{1} << magnitude));
    }
    plan.is_pipelined = rng.chance({1, 4});
    plan.does_server_close = rng.chance({1, 2});
    if (rng.chance({1, 8})) plan.upload_size = rng.below(8'192);
    return plan;
}

std::uint64_t draw_magnitude(Rng& rng, unsigned least_bits, unsigned most_bits) {
    const auto bits = static_cast<unsigned>(least_bits + rng.below(most_bits - least_bits));
    const std::uint64_t base = std::uint64_t{1} << bits;
    return base + rng.below(base);
}

Ratio draw_ratio(Rng& rng, std::uint32_t most) {
    const bool is_used = rng.chance({1, 2});
    const auto numerator = static_cast<std::uint32_t>(1 + rng.below(most));
    return is_used ? Ratio{numerator, 100} : Ratio{};
}

}  // namespace shunt::sim
