// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/objects.hh"

#include <utility>

#include "shunt/base/deadline.hh"
#include "shunt/base/mutant.hh"

namespace shunt::node {
namespace {

/// Longer than an asker's, so that the answer to a creation that nobody waits for any more is
/// heard, and the object released.
constexpr Duration kAnswerPatience = farm::ObjectAsker::kPatience * 3;

}  // namespace

Objects::Objects(const farm::FarmConfig& config, farm::ServerId self, Counters& counters, Rng rng)
    : config_(config),
      self_(self),
      counters_(counters),
      host_(self, counters, rng.fork()),
      asker_(config, counters, rng.fork()) {}

bool Objects::answer_request(ClientId client, std::uint64_t number,
                             Result<farm::ObjectBytes, std::string> answer) {
    has_news_ = true;
    return host_.answer_request(client, number, std::move(answer));
}

void Objects::end_client(ClientId client) {
    has_news_ = true;
    host_.end_process(client);
    asker_.end_asker(client);
}

Result<farm::ObjectTicket, farm::ObjectTrouble> Objects::create(farm::ObjectWish wish,
                                                                Instant now) {
    has_news_ = true;
    return asker_.create(std::move(wish), now);
}

Result<farm::ObjectTicket, farm::ObjectTrouble> Objects::call(ClientId client, std::uint64_t handle,
                                                              ByteView bytes, Instant now) {
    has_news_ = true;
    return asker_.call(client, handle, bytes, now);
}

std::optional<farm::ObjectTrouble> Objects::release(std::uint64_t handle) {
    has_news_ = true;
    return asker_.release(handle);
}

void Objects::pump(farm::ControlChannels* channels, bool is_draining, Instant now) {
    if (channels != nullptr) notice_lost_channels(*channels);
    if (is_due(host_.poll_deadline(), now)) host_.handle_deadline(now);
    if (is_due(asker_.poll_deadline(), now)) asker_.handle_deadline(now);
    for (bool has_moved = true; has_moved;) {
        has_moved = send_messages(channels, is_draining, now);
        if (channels != nullptr) {
            has_moved = hear_requests(*channels, is_draining, now) || has_moved;
            has_moved = hear_outcomes(*channels) || has_moved;
        }
        has_moved = send_answers(channels, now) || has_moved;
    }
    has_news_ = false;
}

/// CTL-6. Both ends drop what was asked for by a channel that is gone, each when it notices.
void Objects::notice_lost_channels(const farm::ControlChannels& channels) {
    for (const farm::Server& server : config_.servers) {
        if (server.id == self_) continue;
        const std::uint64_t serial = channels.serial_of(server.id);
        std::uint64_t& known = serials_[server.id];
        if (serial == known) continue;
        host_.keep_only(server.id, serial);
        if (known != 0) asker_.lose_server(server.id);
        known = serial;
    }
}

bool Objects::send_messages(farm::ControlChannels* channels, bool is_draining, Instant now) {
    bool has_sent = false;
    while (const auto message = asker_.poll_message()) {
        has_sent = true;
        if (message->server != self_) {
            send_message(channels, *message, now);
            continue;
        }
        const farm::RequestOrigin origin{self_, 0, message->number};
        const bool is_understood =
            host_.handle_request(origin, message->kind, message->body, is_draining, now);
        SHUNT_ASSERT(is_understood, "this node wrote it");
    }
    return has_sent;
}

void Objects::send_message(farm::ControlChannels* channels, const farm::ObjectMessage& message,
                           Instant now) {
    if (message.number == 0) {
        // Where there is no channel the object is gone already.
        const bool is_told =
            channels != nullptr && channels->tell(message.server, message.kind, message.body, now);
        if (!is_told) counters_.add(Counter::ObjectReleaseLost);
        return;
    }
    const Duration patience =
        is_mutant(Mutant::WaitsForEver) ? Duration::seconds(86'400) : kAnswerPatience;
    const auto transaction = channels != nullptr ? channels->request(message.server, message.kind,
                                                                     message.body, patience, now)
                                                 : std::nullopt;
    if (!transaction) return asker_.handle_loss(message.number);
    underway_[*transaction] = {message.number, message.server};
}

bool Objects::hear_requests(farm::ControlChannels& channels, bool is_draining, Instant now) {
    bool has_heard = false;
    while (const auto request = channels.poll_request(farm::Subject::Objects)) {
        has_heard = true;
        // What came by a channel that is gone would make an object that nobody can call.
        if (request->origin.channel != channels.serial_of(request->origin.peer)) continue;
        const bool is_understood =
            host_.handle_request(request->origin, request->kind, request->body, is_draining, now);
        if (!is_understood && !is_mutant(Mutant::SilentAboutBadObjects))
            channels.refuse(request->origin, now);
    }
    return has_heard;
}

bool Objects::hear_outcomes(farm::ControlChannels& channels) {
    bool has_heard = false;
    while (const auto outcome = channels.poll_outcome(farm::Subject::Objects)) {
        has_heard = true;
        const auto node = underway_.extract(outcome->transaction);
        if (node.empty()) continue;
        const auto [number, server] = node.mapped();
        if (outcome->kind == farm::TransactionOutcome::Kind::Answered) {
            asker_.handle_answer(server, number, outcome->answer, outcome->body);
        } else {
            asker_.handle_loss(number);
        }
    }
    return has_heard;
}

bool Objects::send_answers(farm::ControlChannels* channels, Instant now) {
    bool has_sent = false;
    while (const auto answer = host_.poll_answer()) {
        has_sent = true;
        if (answer->origin.peer == self_) {
            asker_.handle_answer(self_, answer->origin.transaction, answer->kind, answer->body);
        } else if (channels != nullptr) {
            send_answer(*channels, *answer, now);
        }
    }
    return has_sent;
}

void Objects::send_answer(farm::ControlChannels& channels, const farm::ObjectAnswer& answer,
                          Instant now) {
    if (channels.answer(answer.origin, answer.kind, answer.body, now)) return;
    if (channels.serial_of(answer.origin.peer) != answer.origin.channel) return;  // nobody waits
    counters_.add(Counter::DropControlQueue);
    // A result that has no room: what is said instead is short.
    const wire::ObjectResultBody none{wire::ObjectStatus::Failed, {}};
    farm::ObjectBytes body(none.size());
    none.write_to(body);
    if (answer.kind == wire::ControlKind::ObjectResult)
        static_cast<void>(channels.answer(answer.origin, answer.kind, body, now));
}

std::optional<Instant> Objects::poll_deadline() const {
    return earlier(host_.poll_deadline(), asker_.poll_deadline());
}

std::vector<Objects::Row> Objects::rows() const {
    std::vector<Row> rows;
    rows.reserve(asker_.handles().all().size());
    for (const auto& [handle, known] : asker_.handles().all())
        rows.push_back({handle, known.class_name, known.server, known.end});
    return rows;
}

}  // namespace shunt::node
