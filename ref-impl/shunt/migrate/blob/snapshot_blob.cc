// SPDX-License-Identifier: Apache-2.0
#include "shunt/migrate/blob/snapshot_blob.hh"

#include "shunt/base/mutant.hh"
namespace shunt::migrate::blob {

SnapshotBlob::SnapshotBlob(const wire::BlobMapping& mapping, const tcp::Snapshot& snapshot) {
    ranges_.reserve(snapshot.out_of_order.size());
    for (const tcp::OutOfOrderBytes& range : snapshot.out_of_order)
        ranges_.push_back({snapshot.block.receive_next + range.offset, range.bytes});
    body_.mapping = mapping;
    body_.block = snapshot.block;
    if (snapshot.ip) body_.ip = *snapshot.ip;
    body_.receive = snapshot.receive;
    body_.send = snapshot.send;
    body_.out_of_order = ranges_;
    if (snapshot.block.has(wire::BlockFlag::Context)) body_.context = snapshot.context;
    if (body_.context && is_mutant(Mutant::LeavesContextBehind)) body_.context = ByteView();
    body_.scoreboard = snapshot.scoreboard;
    if (snapshot.fine) {
        body_.congestion = {.algorithm = snapshot.fine->algorithm, .cubic = snapshot.fine->cubic};
    } else {
        body_.congestion = snapshot.congestion;
    }
}

std::vector<std::uint8_t> SnapshotBlob::written() const {
    std::vector<std::uint8_t> bytes(size());
    write_to(bytes);
    return bytes;
}

tcp::Snapshot snapshot_of(const wire::BlobView& view) {
    const auto copy = [](ByteView bytes) {
        return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
    };
    tcp::Snapshot snapshot;
    snapshot.block = view.block();
    // A forwarder that knows it as a matter of its IP layer alone says it there.
    if (snapshot.block.path_mtu == 0) snapshot.block.path_mtu = view.ip().path_mtu;
    snapshot.receive = copy(view.receive());
    snapshot.send = copy(view.send());
    snapshot.out_of_order.reserve(view.out_of_order_count());
    wire::BlobRanges ranges = view.out_of_order();
    while (const auto range = ranges.next()) {
        snapshot.out_of_order.push_back(
            {.offset = range->sequence - snapshot.block.receive_next, .bytes = copy(range->bytes)});
    }
    snapshot.scoreboard.reserve(view.scoreboard_count());
    for (std::size_t i = 0; i < view.scoreboard_count(); ++i)
        snapshot.scoreboard.push_back(view.scoreboard(i));
    if (view.context()) snapshot.context = copy(*view.context());
    snapshot.congestion = view.congestion();
    if (!is_mutant(Mutant::ForgetsIpState)) snapshot.ip = view.ip();
    return snapshot;
}

}  // namespace shunt::migrate::blob
