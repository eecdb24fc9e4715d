// SPDX-License-Identifier: Apache-2.0
#include "app/house.hh"

#include "oracle/oracle.hh"

namespace conform {

House::House(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port,
             bool keeps_strangers)
    : iut_(iut),
      seat_(device),
      stage_(seat_, iut, Random(seed, "house"), {.port = port, .keeps_strangers = keeps_strangers}),
      nothing_(scheduler()) {
    scheduler().spawn(stage_.set_up());
    scheduler().spawn_beside(stay());
}

Task<> House::stay() {
    for (;;)
        co_await nothing_.next(kNever);
}

const std::vector<Finding>& House::findings() {
    const Capture& capture = stage_.wire().capture();
    // It is asked for each case that ends, and mostly nothing has come since.
    if (capture.size() == frames_examined_ && !capture.empty()) return found_;
    frames_examined_ = capture.size();
    found_ = stage_.findings();
    for (Finding& finding : examine(capture, iut_)) {
        found_.push_back(std::move(finding));
        found_.back().frame.reset();
    }
    return found_;
}

}  // namespace conform
