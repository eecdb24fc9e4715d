// SPDX-License-Identifier: Apache-2.0
#include "app/house.hh"

#include "oracle/oracle.hh"

namespace conform {

House::House(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port)
    : iut_(iut),
      seat_(device),
      stage_(seat_, iut, Random(seed, "house"), {.port = port, .keeps_strangers = false}),
      nothing_(scheduler()) {
    scheduler().spawn(stage_.set_up());
    scheduler().spawn_beside(stay());
}

Task<> House::stay() {
    for (;;)
        co_await nothing_.next(kNever);
}

std::vector<Finding> House::findings() {
    std::vector<Finding> found = stage_.findings();
    for (Finding& finding : examine(stage_.wire().capture(), iut_)) {
        found.push_back(std::move(finding));
        found.back().frame.reset();
    }
    return found;
}

}  // namespace conform
