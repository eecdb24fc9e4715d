// SPDX-License-Identifier: Apache-2.0
// Which server of the farm keeps a session: the Session Map (SES-3, SES-4, TAB-2).
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/wire/session_announcement.hh"

namespace shunt::farm {

class SessionMap {
  public:
    using Kind = wire::SessionKind;

    struct Row {
        Kind kind = Kind::Cookie;
        std::vector<std::uint8_t> id;
        ServerId server = 0;
        Instant until;
    };

    struct Place {
        ServerId server = 0;
        Instant until;
    };

    /// `capacity` rows of each kind, so that one cannot crowd out the other; hashed under `key`
    /// (SEC-6).
    SessionMap(std::size_t capacity, SipKey key, Counters& counters);

    /// A session that is there already lives on, where it is told to be now. A full table drops the
    /// row, counted.
    void learn(Kind kind, ByteView id, ServerId server, Duration life, Instant now);
    /// Nothing for a session that is unknown or over.
    std::optional<Place> find(Kind kind, ByteView id, Instant now) const;
    /// All sessions of that server: it is gone (SES-5).
    void forget(ServerId server);
    /// Rows that are over make room.
    void expire(Instant now);

    std::size_t size() const { return rows_.size(); }
    /// The `most` that live longest, in the order of their ids; none that is over.
    std::vector<Row> rows(Instant now,
                          std::size_t most = std::numeric_limits<std::size_t>::max()) const;

  private:
    struct Hash {
        SipKey key;
        std::size_t operator()(const std::string& name) const;
    };
    static std::string name_of(Kind kind, ByteView id);

    std::size_t& count_of(const std::string& name);
    void place(const std::string& name, const Place& place);
    void erase(const std::string& name);

    std::size_t capacity_;
    Counters& counters_;
    absl::flat_hash_map<std::string, Place, Hash> rows_;
    absl::btree_set<std::pair<Instant, std::string>> by_end_;
    std::array<std::size_t, 2> counts_{};  // rows of each kind
};

}  // namespace shunt::farm
