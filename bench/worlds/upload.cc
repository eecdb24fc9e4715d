// SPDX-License-Identifier: Apache-2.0
#include "bench/worlds/upload.hh"

#include <utility>

#include "shunt/base/assert.hh"

namespace shunt::bench {
namespace {

SegmentFrame first_frame(Farm& farm, Upload::Reader reader, std::size_t idle) {
    for (std::size_t i = 0; i < idle; ++i)
        farm.converse(i, Farm::kRequest);
    const bool is_local = reader == Upload::Reader::Home;
    const SegmentPlace place = farm.converse(idle, is_local ? Farm::kUpload : Farm::kUploadToS2);
    const auto& tables = farm.s1().connection_tables();
    SHUNT_ASSERT(tables.size(is_local ? migrate::Table::Local : migrate::Table::Forward) > 0,
                 "the upload is where it was asked for");
    return SegmentFrame(place);
}

}  // namespace

// A target acknowledges to its own front link, which is as narrow as the home's.
Upload::Upload(Reader reader, std::size_t idle)
    : farm_({.connections = idle + 1, .is_each_acknowledged = reader == Reader::Home}),
      frame_(first_frame(farm_, reader, idle)) {}

std::optional<link::OutgoingFrame> Upload::into_home() {
    farm_.pass(Duration::microseconds(1));
    auto out = through(farm_.s1(), link::LinkId::Front, frame_.bytes());
    frame_.advance();
    return out;
}

std::optional<link::OutgoingFrame> Upload::into_target(ByteView frame) {
    return through(farm_.s2(), link::LinkId::Back, frame);
}

/// As a driver does it: one frame read, all frames written, and when to come back.
std::optional<link::OutgoingFrame> Upload::through(node::Node& node, link::LinkId link,
                                                   ByteView frame) {
    node.handle_frame(link, farm_.pool().copy(frame), farm_.now());
    std::optional<link::OutgoingFrame> out = node.poll_transmit(farm_.now());
    while (out) {
        auto another = node.poll_transmit(farm_.now());
        if (!another) break;
        out = std::move(another);
    }
    static_cast<void>(node.poll_deadline());
    return out;
}

}  // namespace shunt::bench
