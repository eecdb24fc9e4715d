// SPDX-License-Identifier: Apache-2.0
#include "shunt/app/gateway.hh"

#include <algorithm>

namespace shunt::app {
namespace {

using End = runtime::BackendSocket::Transfer::End;
using Progress = runtime::BackendSocket::Progress;

std::uint64_t key_of(node::StreamId id) {
    return std::uint64_t{id.generation} << 32 | id.index;
}

node::StreamId id_of(std::uint64_t key) {
    return {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
}

}  // namespace

bool Gateway::is_needed(const farm::FarmConfig& config, const farm::Server& self) {
    return std::any_of(config.listens.begin(), config.listens.end(), [&](const auto& listen) {
        return listen.server == self.name && listen.application == farm::kGatewayApplication;
    });
}

std::size_t Gateway::links_within(std::size_t descriptors) {
    return descriptors - std::min(kDescriptorsOfOthers, descriptors / 2);
}

bool Gateway::turn(Instant now) {
    handle_deadlines(now);
    bool has_more = serve_lines(now);
    has_more = hear_node(now) || has_more;
    has_more = hear_backends() || has_more;
    for (int pumped = 0; pumped < kLinksPerTurn; ++pumped) {
        const auto index = ready_.pop();
        if (!index) return has_more;
        pump(*index, now);
    }
    return has_more || !ready_.empty();
}

void Gateway::forget_all() {
    for (Index index = 0; index < links_.size(); ++index)
        deadlines_.set(index, std::nullopt);
    links_.clear();  // what is left in ready_ finds no link
    links_open_ = 0;
    lines_.clear();
}

Gateway::Link* Gateway::find(node::StreamId id) {
    if (id.index >= links_.size()) return nullptr;
    Link& link = links_[id.index];
    return link.phase != Link::Phase::Free && link.id == id ? &link : nullptr;
}

bool Gateway::hear_node(Instant now) {
    using node::StreamEvent;
    for (int heard = 0; heard < kReportsPerTurn; ++heard) {
        const auto report = node().poll_stream_event();
        if (!report) return false;
        if (report->event == StreamEvent::Opened) {
            open(report->id, now);
            continue;
        }
        Link* link = find(report->id);
        if (link == nullptr) continue;
        switch (report->event) {
            case StreamEvent::Opened:
            case StreamEvent::Readable:
            case StreamEvent::Writable:
            case StreamEvent::PeerFinished:
                break;
            case StreamEvent::Closed:
                link->is_backend_done = true;  // there is nobody to tell
                break;
            case StreamEvent::Reset:
            case StreamEvent::TimedOut:
                lose_client(report->id.index, now);
                continue;
        }
        ready_.push(report->id.index);
    }
    return true;
}

bool Gateway::hear_backends() {
    const auto edges = poller_.poll();
    for (const auto& edge : edges) {
        Link* link = find(id_of(edge.key));
        if (link == nullptr) continue;
        link->is_readable = link->is_readable || edge.is_readable;
        link->is_writable = link->is_writable || edge.is_writable;
        ready_.push(link->id.index);
    }
    return edges.size() == runtime::EdgePoller::kEdgesMax;
}

void Gateway::handle_deadlines(Instant now) {
    while (const auto index = deadlines_.pop_due(now)) {
        Link& link = links_[*index];
        const bool is_over = link.given_up && *link.given_up <= now;
        if (!is_over) continue;
        if (link.phase == Link::Phase::Connecting) {
            refuse(*index, now);
        } else if (link.phase == Link::Phase::Open) {
            count(Counter::GatewayLingerExpired);
            close(*index, now);
        }
    }
}

void Gateway::open(node::StreamId id, Instant now) {
    if (id.index >= links_.size()) links_.resize(std::size_t{id.index} + 1);
    Link& link = links_[id.index];
    link = Link();
    link.phase = Link::Phase::Connecting;
    link.id = id;
    link.given_up = now + kConnectPatience;
    link.listen = node().stream_listen(id);
    SHUNT_ASSERT(link.listen != nullptr && link.listen->backend, "its listener has a backend");
    deadlines_.set(id.index, link.given_up);
    if (++links_open_ > links_max_) return refuse(id.index, now);
    const bool is_behind = lines_.has_line(*link.listen);
    const Progress progress = is_behind ? Progress::Busy : ask_backend(link);
    if (progress != Progress::Busy) return proceed(id.index, progress, now);
    link.waiting = lines_.join(*link.listen, id, now + kBusyPause);
}

/// True if there may be more who get a place at once.
bool Gateway::serve_lines(Instant now) {
    for (int attempt = 0; attempt < kAttemptsPerTurn; ++attempt) {
        const auto first = lines_.find_due(now);
        if (!first) return false;
        Link* link = find(first->id);
        SHUNT_ASSERT(link != nullptr && link->waiting, "who waits no more has left the line");
        const Progress progress = ask_backend(*link);
        if (progress == Progress::Busy) {
            lines_.put_off(*first->listen, now + kBusyPause);
            continue;
        }
        lines_.leave(*first->listen, *std::exchange(link->waiting, std::nullopt));
        proceed(first->id.index, progress, now);
    }
    return true;
}

Progress Gateway::ask_backend(Link& link) {
    const Progress progress = link.socket.connect(*link.listen->backend);
    if (progress == Progress::Busy) count(Counter::GatewayBackendBusy);
    const bool is_watched =
        !link.socket.is_open() || poller_.add(link.socket.descriptor(), key_of(link.id));
    return is_watched ? progress : Progress::Refused;
}

void Gateway::proceed(Index index, Progress progress, Instant now) {
    Link& link = links_[index];
    switch (progress) {
        case Progress::Connected:
            count(Counter::GatewayBackendConnected);
            link.phase = Link::Phase::Open;
            link.given_up.reset();
            link.is_readable = link.is_writable = true;  // until it says otherwise
            deadlines_.set(index, std::nullopt);
            return ready_.push(index);
        case Progress::Pending:
            return;
        case Progress::Busy:
        case Progress::Refused:
            return refuse(index, now);
    }
}

void Gateway::refuse(Index index, Instant now) {
    count(Counter::GatewayBackendRefused);
    close(index, now);
}

void Gateway::lose_client(Index index, Instant now) {
    count(Counter::GatewayClientLost);
    if (links_[index].socket.is_open()) links_[index].socket.reset();
    close(index, now);
}

/// The client is reset unless its connection is over.
void Gateway::close(Index index, Instant now) {
    Link& link = links_[index];
    const node::StreamId id = link.id;
    if (link.waiting) lines_.leave(*link.listen, *link.waiting);
    link = Link();
    --links_open_;
    deadlines_.set(index, std::nullopt);
    node().stream_release(id, now);
}

void Gateway::pump(Index index, Instant now) {
    if (index >= links_.size()) return;  // of a node before
    Link& link = links_[index];
    if (link.phase == Link::Phase::Connecting && link.socket.is_open() && link.is_writable) {
        return proceed(index, link.socket.finish_connecting(), now);
    }
    if (link.phase != Link::Phase::Open) return;
    const bool has_more_for_backend = pump_to_backend(link, now);
    const bool has_more_for_client = pump_to_client(link, now);
    if (has_more_for_backend || has_more_for_client) ready_.push(index);
    settle(index, now);
}

/// True if it stopped only to let others have their turn.
bool Gateway::pump_to_backend(Link& link, Instant now) {
    std::size_t moved = 0;
    while (moved < kBurst) {
        const auto front = node().stream_readable(link.id);
        if (!front || link.is_client_done) return false;
        if (front->empty()) {
            link.is_client_done = true;
            if (!link.is_refusing) link.socket.finish_writing();
            return false;
        }
        std::size_t taken = front->size();  // and thrown away, where the backend refuses
        if (!link.is_refusing) {
            if (!link.is_writable) return false;
            const auto transfer = link.socket.write(*front);
            link.is_writable = transfer.end != End::Blocked;
            link.is_refusing = transfer.end == End::Finished;
            link.is_broken = transfer.end == End::Broken;
            if (link.is_broken) return false;
            // Reading tells a backend that has left in peace from one that was broken off.
            if (link.is_refusing) link.is_readable = true;
            taken = transfer.count;
        }
        const auto consumed = node().stream_consume(link.id, taken, now);
        SHUNT_ASSERT(consumed, "what was readable can be consumed");
        moved += taken;
    }
    return true;
}

bool Gateway::pump_to_client(Link& link, Instant now) {
    std::size_t moved = 0;
    while (moved < kBurst) {
        if (link.is_broken || link.is_backend_done || !link.is_readable) return false;
        const auto room = node().stream_room(link.id);
        if (!room || *room == 0) return false;
        const auto transfer =
            link.socket.read(MutableBytes(buffer_).first(std::min(buffer_.size(), *room)));
        switch (transfer.end) {
            case End::None: {
                const ByteView bytes = ByteView(buffer_).first(transfer.count);
                const auto taken = node().stream_send(link.id, bytes, now);
                SHUNT_ASSERT(taken && *taken == bytes.size(), "stream_room() was asked before");
                moved += bytes.size();
                break;
            }
            case End::Blocked:
                link.is_readable = false;
                return false;
            case End::Finished:
                link.is_backend_done = true;
                node().stream_finish(link.id, now);
                return false;
            case End::Broken:
                link.is_broken = true;
                return false;
        }
    }
    return true;
}

/// What has come of the link by now.
void Gateway::settle(Index index, Instant now) {
    Link& link = links_[index];
    if (link.is_broken) {
        count(Counter::GatewayBackendReset);
        return close(index, now);
    }
    if (!link.is_backend_done) return;
    if (link.is_client_done) return close(index, now);
    if (link.is_refusing && !link.given_up) {
        link.given_up = now + kLingerPatience;
        deadlines_.set(index, link.given_up);
    }
}

}  // namespace shunt::app
