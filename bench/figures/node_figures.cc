// SPDX-License-Identifier: Apache-2.0
// A frame's way through a node, as a driver sees it: one in, one out.
#include <functional>
#include <memory>

#include "bench/figures/figures.hh"
#include "bench/figures/tins_parse.hh"
#include "bench/worlds/upload.hh"

namespace shunt::bench {
namespace {

/// Each operation puts a frame into s1, and demands that one comes out on `out`.
Loop frames_through(const std::shared_ptr<Upload>& upload, link::LinkId out) {
    return [upload, out](benchmark::State& state) {
        for (auto _ : state) {
            const auto frame = upload->into_home();
            if (!frame || frame->link != out) return state.SkipWithError("a frame was not passed");
            benchmark::DoNotOptimize(frame->frame.bytes().data());
        }
    };
}

Samples served(const Effort& effort) {
    const auto upload = std::make_shared<Upload>(Upload::Reader::Home);
    return take_turns(frames_through(upload, link::LinkId::Front), tins_parse_of(upload->frame()),
                      effort);
}

Samples served_among_idle(const Effort& effort) {
    const auto crowded = std::make_shared<Upload>(Upload::Reader::Home, effort.connections);
    const auto alone = std::make_shared<Upload>(Upload::Reader::Home);
    return take_turns(frames_through(crowded, link::LinkId::Front),
                      frames_through(alone, link::LinkId::Front), effort);
}

Samples forwarded(const Effort& effort) {
    const auto upload = std::make_shared<Upload>(Upload::Reader::Target);
    return take_turns(frames_through(upload, link::LinkId::Back), tins_parse_of(upload->frame()),
                      effort);
}

/// Two segments for each acknowledgment: s2's MSS is that of its front link.
Samples forwarded_and_served(const Effort& effort) {
    const auto upload = std::make_shared<Upload>(Upload::Reader::Target);
    const auto ours = [upload](benchmark::State& state) {
        for (auto _ : state) {
            const auto frame = upload->into_home();
            if (!frame) return state.SkipWithError("a frame was not forwarded");
            const auto answer = upload->into_target(frame->frame.bytes());
            benchmark::DoNotOptimize(answer.has_value());
        }
    };
    return take_turns(ours, tins_parse_of(upload->frame()), effort);
}

}  // namespace

std::vector<Figure> node_figures() {
    return {
        {.name = "node-served",
         .ours = "a 1,514 byte frame into a node that serves it, its acknowledgment out",
         .named = "libtins 4.0 parses that frame",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = served},
        {.name = "node-forwarded",
         .ours = "the same into the home of a connection that has moved, 0x02 out",
         .named = "libtins 4.0 parses that frame",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = forwarded},
        {.name = "farm-served",
         .ours = "the same through the home to the target, which reads it and acknowledges",
         .named = "libtins 4.0 parses that frame",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = forwarded_and_served},
        {.name = "node-idle-million",
         .ours = "node-served beside 1,000,000 idle connections",
         .named = "node-served alone",
         .unit = "ns",
         .limit = std::nullopt,
         .measure = served_among_idle},
    };
}

}  // namespace shunt::bench
