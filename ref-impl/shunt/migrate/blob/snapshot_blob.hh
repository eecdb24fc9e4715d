// SPDX-License-Identifier: Apache-2.0
// A snapshot of a connection as a blob and back (docs/protocol/blob.md, BL-4, BL-5): what a
// migrator compiles on one server and infuses on the other.
#pragma once

#include <cstddef>
#include <vector>

#include "shunt/tcp/snapshot.hh"
#include "shunt/wire/blob.hh"

namespace shunt::migrate::blob {

/// Writes a snapshot: each byte of its queues is copied once, into its place.
class SnapshotBlob {
  public:
    /// `snapshot` outlives this and stays where it is.
    SnapshotBlob(const wire::BlobMapping& mapping, const tcp::Snapshot& snapshot);
    SnapshotBlob(const SnapshotBlob&) = delete;
    SnapshotBlob& operator=(const SnapshotBlob&) = delete;

    std::size_t size() const { return body_.size(); }
    /// `bytes` has size() bytes.
    void write_to(MutableBytes bytes) const { body_.write_to(bytes); }
    /// The same as bytes of its own.
    std::vector<std::uint8_t> written() const;

  private:
    std::vector<wire::BlobRange> ranges_;
    wire::BlobBody body_;
};

/// What Connection::import_snapshot() takes, copied once. It may still be refused: ranges lie where
/// they may not, or there is no room.
tcp::Snapshot snapshot_of(const wire::BlobView& view);

}  // namespace shunt::migrate::blob
