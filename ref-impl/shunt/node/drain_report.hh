// SPDX-License-Identifier: Apache-2.0
// How far a drain has come, as plain values (docs/interfaces.md, verb drain).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shunt::node {

/// A connection that could not leave when it was looked at last.
struct StayingRow {
    std::string connection;  // 10.7.0.9:4711>10.7.1.1:80/tcp
    std::string reason;
};

struct DrainReport {
    /// Rows that a report names; more are only counted.
    static constexpr std::size_t kStayingMax = 100;

    bool is_draining = false;
    std::size_t left = 0;        // established connections that are served here; 0: it is empty
    std::size_t moving = 0;      // of them, those that are on their way, and not to who is silent
    std::size_t ending = 0;      // over: TIME-WAIT ends where it is (TCP-15)
    std::size_t undecided = 0;   // at their beginning: another server will be selected
    std::size_t flows = 0;       // UDP flows that are served here until they end (EP-50)
    std::size_t forwarding = 0;  // moved away, and only as long as this home is there (EP-20)
    std::uint64_t moved = 0;     // since the start of the node, by drains and overloads
    std::uint64_t refused = 0;   // how often a server did not take one
    std::size_t staying = 0;     // of `left`, those that could not go
    std::vector<StayingRow> rows;
};

}  // namespace shunt::node
