// SPDX-License-Identifier: Apache-2.0
// Fuzz target of the blob: it is judged twice; what is taken is written again and is the same; and
// a connection is made of it, which is exported into a blob again.
#include <algorithm>
#include <utility>
#include <vector>

#include "blob/blob_oracle.hh"
#include "fuzz_target.hh"
#include "shunt/base/assert.hh"
#include "shunt/migrate/blob/snapshot_blob.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/blob.hh"

namespace shunt::fuzz {
namespace {

using Bytes = std::vector<std::uint8_t>;
using migrate::blob::snapshot_of;
using migrate::blob::SnapshotBlob;
using wire::BlobView;

tcp::Config node_config() {
    tcp::Config config;
    config.send_buffer_max = config.receive_buffer_max = 256 * 1'024;
    return config;
}

bool is_same(ByteView one, ByteView other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

bool is_inside(ByteView part, ByteView whole) {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

void check_views(const BlobView& view, ByteView bytes, const BlobVerdict& verdict) {
    const auto section = [&verdict](unsigned kind) {
        for (const JudgedSection& one : verdict.sections)
            if (one.kind == kind) return one.content;
        return ByteView();
    };
    SHUNT_ASSERT(is_same(view.receive(), section(4)) && is_same(view.send(), section(5)),
                 "both readings have the same data");
    SHUNT_ASSERT(is_inside(view.receive(), bytes) && is_inside(view.send(), bytes),
                 "data are read where they lie");
    SHUNT_ASSERT(is_same(view.context().value_or(ByteView()), section(7)), "and the same context");
    wire::BlobRanges ranges = view.out_of_order();
    for (const JudgedSection& one : verdict.sections) {
        if (one.kind != 6) continue;
        const auto range = ranges.next();
        SHUNT_ASSERT(range && is_same(range->bytes, one.content.subspan(4)), "and the same ranges");
    }
    SHUNT_ASSERT(!ranges.next(), "and no more");
}

/// Everything of the view, written by values.
Bytes written_again(const BlobView& view) {
    std::vector<wire::BlobRange> ranges;
    wire::BlobRanges of_view = view.out_of_order();
    while (const auto range = of_view.next())
        ranges.push_back(*range);
    std::vector<wire::SackBlock> scoreboard;
    scoreboard.reserve(view.scoreboard_count());
    for (std::size_t i = 0; i < view.scoreboard_count(); ++i)
        scoreboard.push_back(view.scoreboard(i));
    const wire::BlobBody body{.mapping = view.mapping(),
                              .block = view.block(),
                              .ip = view.ip(),
                              .receive = view.receive(),
                              .send = view.send(),
                              .out_of_order = ranges,
                              .context = view.context(),
                              .scoreboard = scoreboard,
                              .congestion = view.congestion()};
    Bytes bytes(body.size(), 0xEE);
    body.write_to(bytes);
    return bytes;
}

/// Reserved bytes of the block are ignored and written as zero (TCB-2).
Bytes without_reserved(ByteView bytes) {
    constexpr std::size_t reserved = 8 + 8 + 20 + 8 + 126;
    Bytes copy(bytes.begin(), bytes.end());
    store_u16(copy, reserved, 0);
    store_u32(copy, copy.size() - 4, plain_crc32c(ByteView(copy).first(copy.size() - 4)));
    return copy;
}

void check_import(const BlobView& view) {
    const tcp::Config config = node_config();
    const Instant now = Instant() + Duration::seconds(1'000);
    const tcp::Snapshot snapshot = snapshot_of(view);
    const auto fault = snapshot.fault();
    const wire::ConnectionTuple& tuple = view.mapping().tuple;
    const tcp::Identity identity{tuple.service, tuple.service_port, tuple.client,
                                 tuple.client_port};
    const auto connection = tcp::Connection::import_snapshot(config, identity, snapshot, now);
    if (!connection) {
        SHUNT_ASSERT(fault || connection.error() == tcp::ImportError::NoRoom,
                     "what contradicts nothing is refused for lack of room alone");
        return;
    }
    SHUNT_ASSERT(!fault, "what contradicts itself is no connection");
    tcp::Snapshot exported = connection->export_snapshot(2, now);
    SHUNT_ASSERT(exported.send == snapshot.send && exported.receive == snapshot.receive &&
                     exported.out_of_order == snapshot.out_of_order,
                 "no byte is lost");
    SHUNT_ASSERT(exported.ip->identification == view.ip().identification,
                 "the IP layer goes on where it was");
    const Bytes bytes = SnapshotBlob(view.mapping(), exported).written();
    const auto again = BlobView::parse(bytes);
    SHUNT_ASSERT(again, "what we export is a blob");
    tcp::Snapshot expected = std::move(exported);
    expected.congestion = {.algorithm = expected.fine->algorithm, .cubic = expected.fine->cubic};
    expected.fine.reset();
    SHUNT_ASSERT(snapshot_of(*again) == expected, "which says what was exported");
}

void check_blob(ByteView bytes) {
    const BlobVerdict verdict = judge_blob(bytes);
    const auto view = BlobView::parse(bytes);
    SHUNT_ASSERT(bool{view} == !verdict.refused, "both readings agree");
    if (!view) {
        SHUNT_ASSERT(view.error() == *verdict.refused, "and on what is wrong");
        return;
    }
    check_views(*view, bytes, verdict);
    const Bytes again = written_again(*view);
    const auto read = BlobView::parse(again);
    SHUNT_ASSERT(read && written_again(*read) == again, "what is written is read");
    SHUNT_ASSERT(!verdict.is_in_normal_form() || again == without_reserved(bytes),
                 "a blob that is written as ours are is written as it was read");
    check_import(*view);
}

}  // namespace
}  // namespace shunt::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    shunt::fuzz::check_blob({data, size});
    return 0;
}
