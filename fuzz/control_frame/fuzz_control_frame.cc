// SPDX-License-Identifier: Apache-2.0
// Fuzz target of the control channel: the first byte says how the stream behind it is cut into
// pieces. It is read twice, in those pieces and byte by byte, its bodies are parsed and written
// back, and then a server hears it from a member.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "control_frame/listening_server.hh"
#include "fuzz_target.hh"
#include "shunt/base/assert.hh"
#include "shunt/farm/channel/frame_reader.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/control_messages.hh"
#include "shunt/wire/flow_messages.hh"
#include "shunt/wire/server_state.hh"

namespace shunt::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// What a stream is, by CTL-5 as the page has it: the sizes of its frames, and whether something
/// that is none follows them.
struct StreamVerdict {
    std::vector<std::size_t> frames;
    bool is_broken = false;

    bool operator==(const StreamVerdict&) const = default;
};

/// Reads the page's table a second time, without the codec and all at once.
StreamVerdict judge(ByteView stream) {
    constexpr std::uint64_t header = 16;
    constexpr std::uint64_t length_size = 4;
    constexpr std::uint64_t trailer = 40;
    StreamVerdict verdict;
    while (stream.size() >= length_size) {
        std::uint64_t length = 0;
        for (std::size_t i = 0; i < length_size; ++i)
            length = length << 8 | stream[i];
        const bool is_possible = length >= header - length_size && length <= 16 * 1'024 * 1'024;
        const bool is_ours = stream.size() == length_size || stream[4] == 1;
        verdict.is_broken = !is_possible || !is_ours;
        if (verdict.is_broken || stream.size() < length_size + length) return verdict;
        verdict.is_broken = (stream[7] & 1) != 0 && length_size + length < header + trailer;
        if (verdict.is_broken) return verdict;
        verdict.frames.push_back(length_size + length);
        stream = stream.subspan(length_size + length);
    }
    return verdict;
}

template <typename Body>
void check_written(const Body& body, ByteView read) {
    Bytes written(body.size());
    body.write_to(written);
    SHUNT_ASSERT(std::equal(written.begin(), written.end(), read.begin(), read.end()),
                 "a body that parses is written as it was read");
}

void check_body(const wire::ControlFrameView& frame) {
    const ByteView body = frame.body();
    if (const auto hello = wire::HelloBody::parse(body)) check_written(*hello, body);
    if (const auto error = wire::ErrorBody::parse(body)) check_written(*error, body);
    if (const auto flow = wire::FlowBody::parse(body)) check_written(*flow, body);
    if (const auto reject = wire::BlobRejectBody::parse(body)) check_written(*reject, body);
    if (const auto icmp = wire::MovedIcmpBody::parse(body)) check_written(*icmp, body);
    if (const auto state = wire::ServerStateView::parse(body)) {
        std::vector<wire::ListeningSocket> listening;
        std::vector<wire::ApplicationLoad> applications;
        for (std::size_t i = 0; i < state->listening_count(); ++i)
            listening.push_back(state->listening(i));
        for (std::size_t i = 0; i < state->application_count(); ++i)
            applications.push_back(state->application(i));
        check_written(
            wire::ServerStateBody{state->server(), state->load(), listening, applications}, body);
    }
}

StreamVerdict read_in_pieces(ByteView stream, std::size_t piece) {
    farm::FrameReader reader;
    StreamVerdict verdict;
    std::size_t of_frame = 0;
    while (!stream.empty()) {
        const auto taken = reader.take(stream.first(std::min(piece, stream.size())));
        verdict.is_broken = !taken;
        if (!taken) return verdict;
        of_frame += *taken;
        stream = stream.subspan(*taken);
        SHUNT_ASSERT(reader.capacity() <= 2 * of_frame + 64, "what has not come takes no memory");
        const auto frame = reader.frame();
        SHUNT_ASSERT(frame || *taken > 0, "a reader that wants more takes it");
        if (!frame) continue;
        check_body(*frame);
        verdict.frames.push_back(of_frame);
        reader.drop();
        of_frame = 0;
    }
    return verdict;
}

void check_stream(ByteView input) {
    if (input.empty()) return;
    const std::size_t piece = std::size_t{1} + input[0];
    const ByteView stream = input.subspan(1);
    const StreamVerdict expected = judge(stream);
    SHUNT_ASSERT(read_in_pieces(stream, piece) == expected, "both readings agree");
    SHUNT_ASSERT(read_in_pieces(stream, 1) == expected, "pieces make no difference");
    ListeningServer server;
    server.hear(stream, piece);
}

}  // namespace
}  // namespace shunt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    shunt::fuzz::check_stream({data, size});
    return 0;
}
