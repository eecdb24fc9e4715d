// SPDX-License-Identifier: Apache-2.0
// Endpoints on their way in: 0x01 is here, what it announces is not all here yet, and nothing of it
// is used before it is (docs/protocol/endpoint.md, EP-41; SEC-5, SEC-10).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/messages.hh"
#include "shunt/migrate/endpoint/offer.hh"
#include "shunt/tcp/snapshot_assembly.hh"
#include "shunt/wire/endpoint_data.hh"

namespace shunt::migrate::endpoint {

struct Import {
    Offer offer;
    tcp::SnapshotAssembly assembly;
    /// Where a place is kept for the endpoint.
    Table table = Table::ForwardConnect;
    Instant last_offer;
    std::size_t cost = 0;  // of the budget, in bytes
};

class Imports {
  public:
    /// Longest context of an application, in bytes.
    static constexpr std::size_t kContextMax = 64 * 1024;

    Imports(Context& context, Messages& messages);

    /// The one under way for that tuple, or null; valid until the next call that is not const.
    Import* find(const wire::ConnectionTuple& tuple);
    /// Keeps what has come early for the offer, and a place in `table`, which has room. Null: it
    /// would take more memory than there is for such (SEC-5). There is none for its tuple.
    Import* begin(const Offer& offer, Table table, Instant now);
    /// Its place is given back; the caller has it from now on, or nobody.
    void end(const wire::ConnectionTuple& tuple);
    /// The offer came again: asks for what is missing (EP-41).
    void ask_missing(Import& import, Instant now);

    /// A 0x12 that overtook its 0x01 is kept a moment.
    void keep_early(const EncapsulatedFrame& frame, const wire::EndpointData& data, Instant now);
    /// What came early for the offer: the bytes of a 0x12 each. They leave.
    struct EarlyData {
        wire::ConnectionTuple tuple;
        farm::ServerId from = 0;
        wire::MigrationId id;
        wire::EndpointQueue queue = wire::EndpointQueue::Send;
        std::uint32_t offset = 0;
        std::vector<std::uint8_t> bytes;
        Instant until;
    };
    std::vector<EarlyData> take_early(const Offer& offer);

    /// CTL-7: what is on its way in from that server will never be complete.
    void drop_from(farm::ServerId server);

    std::optional<Instant> deadline() const;
    /// Forgets what has waited for too long, silently (EP-15).
    void handle_deadline(Instant now);

  private:
    static std::size_t cost_of(const wire::ControlBlock& block);
    Instant end_of(const Import& import) const;

    struct TupleHash {
        SipKey key;
        std::size_t operator()(const wire::ConnectionTuple& tuple) const { return tuple.hash(key); }
    };

    Context& context_;
    Messages& messages_;
    std::size_t budget_;
    absl::flat_hash_map<wire::ConnectionTuple, Import, TupleHash> imports_;
    std::optional<Instant> next_look_;  // not later than the first end
    std::deque<EarlyData> early_;       // in order of expiry
};

}  // namespace shunt::migrate::endpoint
