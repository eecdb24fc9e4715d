// SPDX-License-Identifier: Apache-2.0
// What a server knows of one connection. The four kinds are the four connection tables of
// docs/protocol/system.md; a tuple has one record, so it is in at most one table (TAB-1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "shunt/base/time.hh"
#include "shunt/farm/farm_config.hh"
#include "shunt/migrate/blob/identifiers.hh"
#include "shunt/migrate/held_packets.hh"
#include "shunt/migrate/outgoing_queues.hh"
#include "shunt/stack/conversation.hh"
#include "shunt/tcp/backlog.hh"
#include "shunt/tcp/connection.hh"
#include "shunt/wire/migration_id.hh"
#include "shunt/wire/reject.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::migrate {

/// One attempt to move an endpoint, as it is repeated byte for byte (EP-6, EP-46).
struct Attempt {
    farm::ServerId target = 0;
    wire::MigrationId id;
    /// Of a 0x01: service address and control block; of a 0x10 all of it.
    std::vector<std::uint8_t> payload;
    /// Where it moves as a blob: what names it, and then what it has become (BL-10).
    std::optional<blob::Identifiers::Lease> flow{};
    Instant started;
    /// What repetitions are counted from: the start, or the last progress (EP-41).
    Instant clock;
    std::size_t times_sent = 0;  // since then
    /// What moves beside the block; none before an application is bound.
    std::unique_ptr<OutgoingQueues> queues;
    bool is_progressing = false;  // some of them have left since the last progress
};

/// Not bound to an application yet, or with a migration under way (EP-1, EP-4).
struct TemporaryEndpoint {
    enum class Phase : std::uint8_t {
        Handshake,  // SYN/ACK sent, its acknowledgment not yet here
        Request,    // established; held packets are peeked into (SEL-5)
        Migrating   // frozen: 0x01 sent, nothing goes to the client (EP-4)
    };

    TemporaryEndpoint(tcp::Connection made, HeldBudget& budget)
        : connection(std::move(made)), held(budget) {}

    tcp::Connection connection;
    Phase phase = Phase::Handshake;
    /// Kept as long as the handshake lasts; a SYN cookie needs none (TCP-8).
    std::optional<tcp::Backlog::Place> place;
    Instant born;
    Instant established;                // valid from phase Request on
    std::optional<Instant> first_byte;  // of the request, held
    HeldPackets held;
    std::vector<std::uint8_t> handshake_acknowledgment;  // the client's packet (EP-18)
    std::uint32_t epoch = 0;                             // of the latest attempt
    std::optional<Attempt> attempt;
    std::vector<farm::ServerId> candidates;  // still to be tried, best first
    /// Of an endpoint that is in use: goes on here if the attempt fails (EP-44).
    std::unique_ptr<stack::Conversation> conversation;
};

/// Bound to an application of this server.
struct LocalEndpoint {
    tcp::Connection connection;
    std::unique_ptr<stack::Conversation> conversation;
    std::uint32_t epoch = 0;  // of the latest attempt to move it, either way
};

/// A return that the home did not accept (EP-45).
struct RefusedReturn {
    std::uint32_t epoch = 0;
    wire::RejectReason reason = wire::RejectReason::Full;
};

/// Moved away: where to (S000 c32).
struct ForwardEntry {
    farm::ServerId owner = 0;
    wire::MigrationId id;
    std::uint32_t copy = 0;                          // ext: drawn by the owner; of a blob its flow
    std::optional<blob::Identifiers::Lease> flow{};  // of one that has moved as a blob
    SequenceNumber first_client_byte;      // IRS + 1: what a copy of it expects (EP-10, EP-45)
    std::optional<RefusedReturn> refused;  // the last one of this record
    std::vector<std::uint8_t> handshake_acknowledgment;  // base: sent again on 0x03 (EP-18)
    Instant last_used;
    bool is_closing = false;  // a FIN or RST from the client has passed (EP-31)
    bool is_over = false;     // the owner's endpoint is gone: swallows what is no SYN (EP-31)
    bool is_unacknowledged = false;  // an eager blob that nobody has answered yet (BL-14)
    std::uint8_t questions = 0;      // of the owner, whether it is there, since it was last used
    Instant last_question;
};

/// Moved in. Before its release it neither sends nor shows anything (EP-13).
struct ForwardConnectEndpoint {
    ForwardConnectEndpoint(tcp::Connection imported, HeldBudget& budget)
        : connection(std::move(imported)), held(budget) {}

    tcp::Connection connection;
    std::unique_ptr<stack::Conversation> conversation;  // none before the release
    /// What becomes the conversation at the release, where the application goes on (EP-42).
    std::unique_ptr<stack::Conversation> resumed;
    farm::ServerId home = 0;
    wire::MigrationId id;
    std::uint16_t block_version = 1;
    std::uint64_t fingerprint = 0;  // of the 0x01: tells attempts of version 0 devices apart
    std::uint32_t copy = 0;
    std::optional<blob::Identifiers::Lease> flow{};  // of one that has come as a blob
    bool is_released = false;
    /// It was released, and has stopped since the home does not answer (EP-33).
    std::optional<Instant> suspended_since;
    bool has_asked = false;  // suspended: 0x03 has gone since the home answers again
    HeldPackets held;
    Instant last_offer;  // when its 0x01 came last (EP-15)
    Instant next_acknowledgement;
    std::size_t acknowledgements_repeated = 0;
    Instant last_acknowledgement;
    Instant last_heard;              // a packet of the client, from its release on (EP-31)
    bool has_client_closed = false;  // a FIN or RST of the client has come, acceptable or not
    /// Frozen: the endpoint is offered back to its home, and the answer is not here yet (EP-46).
    std::unique_ptr<Attempt> returning;
    /// How many returns were tried: their epochs follow that of the ID.
    std::uint32_t returns_tried = 0;
};

enum class Table : std::uint8_t { Temporary, Local, Forward, ForwardConnect };
inline constexpr std::size_t kTableCount = 4;

/// A row: small, so that the rows of very many connections lie close together. What it is about
/// has just the size of its kind.
struct alignas(32) Record {
    /// A free row.
    Record() = default;
    template <typename Kind>
    Record(const wire::ConnectionTuple& of, Kind made)
        : tuple(of), content(std::make_unique<Kind>(std::move(made))) {}

    wire::ConnectionTuple tuple;
    /// Alternatives in the order of Table; null in a free row alone.
    std::variant<std::unique_ptr<TemporaryEndpoint>, std::unique_ptr<LocalEndpoint>,
                 std::unique_ptr<ForwardEntry>, std::unique_ptr<ForwardConnectEndpoint>>
        content;

    bool is_free() const {
        const auto* first = std::get_if<0>(&content);
        return first != nullptr && *first == nullptr;
    }
    Table table() const { return static_cast<Table>(content.index()); }
    template <typename Kind>
    Kind* as() {
        const auto* held = std::get_if<std::unique_ptr<Kind>>(&content);
        return held != nullptr ? held->get() : nullptr;
    }
    template <typename Kind>
    const Kind* as() const {
        return const_cast<Record*>(this)->as<Kind>();
    }
    /// Becomes of another kind; what it was is gone.
    template <typename Kind>
    Kind& become(Kind made) {
        return *content.template emplace<std::unique_ptr<Kind>>(
            std::make_unique<Kind>(std::move(made)));
    }
    /// The endpoint's TCP connection; none in Forward.
    const tcp::Connection* connection() const;
    tcp::Connection* connection();
    /// The attempt to move it that is under way, from its home or back to it; null if there is
    /// none.
    Attempt* attempt();
};

static_assert(sizeof(Record) == 32, "two rows fill a cache line");

}  // namespace shunt::migrate
