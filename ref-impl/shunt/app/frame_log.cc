// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/frame_log.hh"

#include <fmt/format.h>

#include "shunt/app/log.hh"
#include "shunt/wire/describe.hh"

namespace shunt::app {

std::string_view link_name(link::LinkId link) {
    return link == link::LinkId::Front ? "front" : "back";
}

void FrameLog::observe(link::Direction direction, ByteView frame) {
    log_trace(fmt::format("{} {} {}", link_name(link_),
                          direction == link::Direction::Received ? "in" : "out",
                          wire::describe_frame(frame, encapsulation_type_)));
}

}  // namespace shunt::app
