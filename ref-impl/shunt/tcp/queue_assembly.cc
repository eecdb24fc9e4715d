// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/queue_assembly.hh"

#include <algorithm>

namespace shunt::tcp {

bool QueueAssembly::add(std::uint64_t offset, ByteView bytes) {
    const Interval added{offset, offset + bytes.size()};
    if (added.end > size_max_) return false;
    if (bytes.empty()) return true;
    if (there_.count() >= kRunsMax && !there_.touches(added)) return true;
    if (bytes_.size() < added.end) bytes_.resize(static_cast<std::size_t>(added.end));
    there_.for_each_gap(added, [&](Interval gap) {
        const ByteView part = bytes.subspan(static_cast<std::size_t>(gap.begin - offset),
                                            static_cast<std::size_t>(gap.size()));
        std::copy(part.begin(), part.end(),
                  bytes_.begin() + static_cast<std::ptrdiff_t>(gap.begin));
    });
    there_.insert(added);
    return true;
}

}  // namespace shunt::tcp
